"""Pack files into a COMBINE archive (OMEX), over libCombine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from selfseed.base.errors import OutputError

INSTALL = 'this needs python-libcombine: pip install "selfseed[export]"'
FORMATS = {
    ".xml": "http://identifiers.org/combine.specifications/sbml.level-3.version-2",
    ".sedml": "http://identifiers.org/combine.specifications/sed-ml.level-1.version-4",
    ".yaml": "https://www.iana.org/assignments/media-types/application/yaml",
}


def write_omex(path: Path, files: Mapping[str, str], master: str, description: str) -> None:
    """Write texts as the files of one archive.

    Parameters
    ----------
    path : Path
        Of the archive; replaced if it is there.
    files : mapping of str to str
        Names with their texts; the ending says the format.
    master : str
        The file that a reader should open first.
    description : str

    Raises
    ------
    OutputError
        When libCombine is not installed or cannot write.
    """
    try:
        import libcombine
    except ImportError:
        raise OutputError(INSTALL) from None
    archive = libcombine.CombineArchive()
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
            archive.addFile(str(Path(folder) / name), name, FORMATS[Path(name).suffix], name == master)
        about = libcombine.OmexDescription()
        about.setAbout(".")
        about.setDescription(description)
        about.setCreated(libcombine.OmexDescription.getCurrentDateAndTime())
        archive.addMetadata(".", about)
        if not archive.writeToFile(str(path)):
            raise OutputError(f"{path} cannot be written; choose another place with --out")
