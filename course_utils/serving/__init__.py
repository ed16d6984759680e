"""Serves saved models: an API like OpenAI's, and a page for people."""

from course_utils.serving import models
from course_utils.serving.app import create_app
from course_utils.serving.server import main, running

__all__ = ["create_app", "main", "models", "running"]
