"""The walls of the house: who may import whom, and what must not be written anywhere."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import selfseed

HOUSE = Path(__file__).parents[1]
ROOMS = HOUSE / "src" / "selfseed"
MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(work|root|home/[a-z]\w*|Users/[A-Za-z]\w*)/")


def imported_by(source: str) -> set[str]:
    """Return the modules that the Python text ``source`` imports, at whatever depth."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def importers_of(package: str) -> set[str]:
    """Return the rooms whose files import ``package``."""
    files = ROOMS.rglob("*.py")
    return {
        file.relative_to(ROOMS).parts[0]
        for file in files
        if any(name.split(".")[0] == package for name in imported_by(file.read_text(encoding="utf-8")))
    }


def texts_of_the_project() -> dict[str, str]:
    """Return every file that the project keeps as text, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
    )
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        content = (HOUSE / name).read_bytes() if (HOUSE / name).is_file() else b"\0"
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", errors="replace")
    return texts


def test_imports_only_point_down_the_house():
    walls = Path(sys.executable).with_name("lint-imports")
    assert walls.exists(), "import-linter is not installed beside this Python: make test installs it"
    done = subprocess.run([walls, "--no-cache"], cwd=HOUSE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_views_know_matplotlib():
    assert importers_of("matplotlib") <= {"views"}


def test_kernels_know_numpy_and_numba_only():
    allowed = {"numba", "numpy"} | sys.stdlib_module_names
    for file in (ROOMS / "kernels").glob("*.py"):
        names = imported_by(file.read_text(encoding="utf-8"))
        foreign = [
            name for name in names if not name.startswith("selfseed.kernels") and name.split(".")[0] not in allowed
        ]
        assert not foreign, f"{file.name} imports {foreign}"


def test_an_import_inside_a_function_would_be_noticed():
    assert imported_by("def draw():\n    import matplotlib.pyplot as plt\n") == {"matplotlib.pyplot"}


def test_no_file_names_a_place_on_one_machine():
    guilty = [name for name, text in texts_of_the_project().items() if MACHINE_PATHS.search(text)]
    assert not guilty


def test_a_place_on_one_machine_would_be_noticed():
    assert MACHINE_PATHS.search("open('/" + "home/ada/mice.tsv')")
    assert not MACHINE_PATHS.search("see https://example.org/" + "home/ada/ and src/" + "work/x")


def test_lock_files_name_packages_and_hashes_only():
    for lock in HOUSE.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert all("==" in line for line in text.splitlines() if line[:1].isalnum())
        assert text.count("==") <= text.count("--hash=sha256:")


def test_both_lock_files_pin_the_same_versions():
    def pinned(name):
        return set(re.findall(r"^([\w.-]+==[^ ]+)", (HOUSE / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pinned("requirements.lock") <= pinned("requirements-test.lock")


def test_the_citation_gives_the_version_of_the_code():
    citation = (HOUSE / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {selfseed.__version__}\n" in citation
    assert tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dynamic"] == ["version"]
