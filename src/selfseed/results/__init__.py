"""What a run leaves behind: arrays, tables, the question that was asked, and where it all came from."""

from selfseed.results.manifest import build_manifest, hash_files, resources_used
from selfseed.results.run import Run

__all__ = ["Run", "build_manifest", "hash_files", "resources_used"]
