"""Write a data set as a TFDS folder that plain `tfds.load` reads without any code."""

import shutil
import tempfile
from pathlib import Path
from unittest import mock

import course_utils  # noqa: F401  (first: keeps TensorFlow quiet)

import tensorflow_datasets as tfds
from tensorflow_datasets.core.example_serializer import ExampleSerializer


class _Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """Writes examples that are already at hand, in the order given."""

    def __init__(self, name, version, splits, info, data_dir):
        self.name = name
        self.VERSION = tfds.core.Version(version)
        self._examples = splits
        self._described = info
        super().__init__(data_dir=data_dir)

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, disable_shuffling=True, **self._described
        )

    def _split_generators(self, dl_manager):
        return {name: enumerate(split) for name, split in self._examples.items()}

    def _generate_examples(self):
        raise NotImplementedError  # required by the base class, never called


def write_dataset(data_dir, name, version, splits, **info):
    """Write `splits`, {split: list of examples}, to `data_dir`/`name`/`version`.

    info: features, description, license, citation, homepage of
    `tfds.core.DatasetInfo`. The same arguments give the same bytes.
    """
    prepare(lambda folder: _Builder(name, version, splits, info, folder), data_dir)


def prepare(make_builder, data_dir, **options):
    """Run make_builder(folder).download_and_prepare(**options) in a new folder and
    put the finished data set in `data_dir`, in place of an older one."""
    data_dir = Path(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    tfds.disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="incomplete.", dir=data_dir) as folder:
        builder = make_builder(folder)
        options.setdefault("download_dir", Path(folder, "downloads"))
        with mock.patch.object(ExampleSerializer, "serialize_example", _serialize):
            builder.download_and_prepare(**options)
        target = data_dir / builder.name / str(builder.version)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(exist_ok=True)
        Path(folder, builder.name, str(builder.version)).rename(target)


def _serialize(serializer, example):
    """Without `deterministic`, the features are in another order in every run."""
    return serializer.get_tf_example(example).SerializeToString(deterministic=True)
