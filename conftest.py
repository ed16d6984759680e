"""Tests run every lesson on the small budget and leave the learner's models alone."""

import os
import tempfile

os.environ["SMOKE_TEST"] = "1"  # before anything imports course_utils
_artifacts = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
os.environ["COURSE_ARTIFACTS"] = _artifacts.name
