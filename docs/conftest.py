"""What pytest leaves to the build of the documentation: scripts that draw, and what is made."""

collect_ignore_glob = ["conf.py", "_*", "examples/*", "gallery/*", "reference/generated/*"]
