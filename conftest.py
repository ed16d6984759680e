"""Tests run lessons on the small budget and leave the learner's own files alone."""

import os
import tempfile

os.environ["SMOKE_TEST"] = "1"  # before anything imports course_utils
_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
os.environ["COURSE_ARTIFACTS"] = os.path.join(_folder.name, "artifacts")
os.environ["COURSE_DATA"] = os.path.join(_folder.name, "own_data")
