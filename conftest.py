"""Tests run lessons on the small budget and leave the learner's own files alone."""

import os
import tempfile

import pytest

os.environ["SMOKE_TEST"] = "1"  # before anything imports course_utils
_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
os.environ["COURSE_ARTIFACTS"] = os.path.join(_folder.name, "artifacts")
os.environ["COURSE_DATA"] = os.path.join(_folder.name, "own_data")


@pytest.fixture(scope="module", autouse=True)
def own_artifacts(tmp_path_factory):
    """No test finds a model that a notebook saved before it in the same process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
        yield
