"""Serves the course's models and the learner's own: an API like OpenAI's, and a page."""

from course_utils.serving.app import create_app
from course_utils.serving.server import main, running

__all__ = ["create_app", "main", "running"]
