"""Exercises of lesson 02b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np
import tensorflow as tf  # here, since loading it must not count as time of an answer


def mend(numbers, prepare, augment):
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(numbers)
    data = data.map(prepare).cache().shuffle(len(numbers)).map(augment)
    return data.batch(32).prefetch(tf.data.AUTOTUNE)


def flip_and_tell(picture):
    import tensorflow as tf

    told = tf.random.uniform([]) < 0.5
    picture = tf.where(told, picture[:, ::-1], picture)
    return picture, tf.cast(told, "float32")


def two_pipelines(train, validation, augment):
    import tensorflow as tf

    fit = tf.data.Dataset.from_tensor_slices(train).shuffle(len(train)).batch(32)
    fit = fit.map(lambda batch: (augment(batch), batch))
    test = tf.data.Dataset.from_tensor_slices(validation).batch(32)
    return fit, test.map(lambda batch: (batch, batch))


def check_1(answer):
    """mend(numbers, prepare, augment): order of the steps of a pipeline."""
    tf.get_logger().setLevel("ERROR")  # AutoGraph misses the source of answers
    calls = []

    def slow(number):
        calls.append(float(number))
        return np.float32(10 * number)

    def prepare(number):
        result = tf.numpy_function(slow, [number], "float32")
        return tf.ensure_shape(result, [])

    def augment(number):
        return number + tf.random.uniform([])

    data = answer(np.arange(100, dtype="float32"), prepare, augment)
    assert isinstance(data, tf.data.Dataset), (
        f"it returned {type(data).__name__}. Hint: begin with "
        "tf.data.Dataset.from_tensor_slices(numbers), and return the data set."
    )
    first, second = ([*data.as_numpy_iterator()] for _ in range(2))
    sizes = [np.shape(batch) for batch in first]
    assert sorted(sizes) != [(4,), (32,), (32,), (32,)] or sizes[-1] == (4,), (
        "the small batch is not at the end. "
        "Hint: shuffle single numbers, before batch()."
    )
    assert sizes == [(32,), (32,), (32,), (4,)], (
        f"the batches of 100 numbers have the shapes {str(sizes)[:60]}. "
        "Hint: batch(32), and keep the small batch at the end."
    )
    kept = np.sort(np.concatenate(first) // 10)
    assert close(kept, np.arange(100)), (
        "an epoch does not hold every number once, prepared and then augmented. "
        "Hint: map prepare, then augment, and do not repeat."
    )
    assert len(calls) == 100, (
        f"in two epochs prepare was called {len(calls)} times for 100 numbers. "
        "Hint: cache() right after map(prepare), the step that is always the same."
    )
    noise = [np.concatenate(epoch) for epoch in (first, second)]
    noise = [values[np.argsort(values)] % 10 for values in noise]
    assert np.mean(noise[0] == noise[1]) < 0.5, (
        "the second epoch repeats the random numbers of the first. "
        "Hint: map augment after cache(), and cache nothing behind it."
    )
    assert np.ptp(first[0] % 10) > 0.1, (
        "all numbers of a batch were augmented alike. "
        "Hint: augment takes one number: map it before batch()."
    )
    orders = [np.concatenate(epoch) // 10 for epoch in (first, second)]
    assert not np.array_equal(*orders), (
        "both epochs have the same order. "
        "Hint: shuffle after cache(), anew in each epoch."
    )
    more = answer(np.arange(1000, dtype="float32"), lambda x: x, lambda x: x)
    assert next(iter(more)).numpy().max() > 500, (
        "of 1,000 numbers, the first batch holds none above 500. "
        "Hint: shuffle with a buffer of len(numbers)."
    )
    members = [{*(epoch[0] // 10)} for epoch in (first, second)]
    assert members[0] != members[1] and max(members[0]) - min(members[0]) > 50, (
        "the batches hold neighbours, epoch after epoch. Hint: shuffle single numbers, "
        "before batch(), with a buffer for all of them."
    )


def check_2(answer):
    """flip_and_tell(picture): random anew for each picture, and told truly."""
    tf.get_logger().setLevel("ERROR")  # AutoGraph misses the source of answers
    pictures = np.random.default_rng(0).random((1000, 4, 6, 3)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(pictures)
    result = next(iter(data.map(answer).batch(1000)))
    assert isinstance(result, tuple) and len(result) == 2, (
        "it does not return two things. Hint: end with `return picture, told`."
    )
    new, told = (np.asarray(part) for part in result)
    assert new.shape == pictures.shape and told.shape == (1000,), (
        f"shapes {new.shape[1:]} and {told.shape[1:]} for one picture and what is told."
        " Hint: the picture keeps its shape, told is a single number."
    )
    assert told.dtype == np.float32, (
        f"told is of type {told.dtype}. Hint: tf.cast(told, 'float32')."
    )
    flips = np.all(new == pictures[:, :, ::-1], axis=(1, 2, 3))
    kept = np.all(new == pictures, axis=(1, 2, 3))
    assert np.all(flips | kept), (
        "a picture is neither as it was nor mirrored left to right. "
        "Hint: the axes of one picture are rows, columns, channels: mirror the "
        "second, and change nothing else."
    )
    assert 0 < flips.sum() < 1000, (
        "all pictures were treated alike. Hint: compare with 0.5 a number from 0 to 1 "
        "drawn by tf.random.uniform; what NumPy draws is a constant in the graph."
    )
    assert 430 < flips.sum() < 570, (
        f"{flips.mean():.0%} of the pictures were mirrored. "
        "Hint: compare a number from 0 to 1 with 0.5."
    )
    assert not close(told, 1 - flips.astype(float)), (
        "1.0 is told of the pictures that are not mirrored. "
        "Hint: 1.0 must mean mirrored, 0.0 as it was."
    )
    assert close(told, flips), (
        "what is told does not fit the pictures. "
        "Hint: draw once, and use the result for both."
    )


def check_3(answer):
    """two_pipelines(train, validation, augment): only inputs of training change."""
    tf.get_logger().setLevel("ERROR")  # AutoGraph misses the source of answers
    ranks = []

    def augment(batch):
        ranks.append(len(batch.shape))
        return (
            batch
            + tf.random.uniform(tf.shape(batch)[:1], 0.1, 0.9)[:, None, None, None]
        )

    def epoch(data):
        """The inputs and targets of one epoch, and the sizes of its batches."""
        batches = [*data.as_numpy_iterator()]
        assert all(isinstance(b, tuple) and len(b) == 2 for b in batches), (
            "a batch is not a pair. Hint: end with map(lambda batch: (…, batch))."
        )
        assert all(np.ndim(part) == 4 for pair in batches for part in pair), (
            "the batches are not of shape (N, H, W, C). Hint: batch(32), once."
        )
        inputs, targets = (np.concatenate(p) for p in zip(*batches, strict=True))
        return inputs, targets, [len(targets) for _, targets in batches]

    values = np.arange(100, dtype="float32")[:, None, None, None]
    train = values * np.ones((1, 2, 3, 1), "float32")
    validation = 200 + train[:50]
    result = answer(train, validation, augment)
    assert isinstance(result, tuple | list) and len(result) == 2, (
        "it does not return two data sets. Hint: end with `return fit, test`."
    )
    for data in result:
        assert isinstance(data, tf.data.Dataset), (
            f"a result is of type {type(data).__name__}. "
            "Hint: begin with tf.data.Dataset.from_tensor_slices."
        )
    assert {*ranks} <= {4}, (
        "augment does not get batches (N, H, W, C). "
        "Hint: map it after batch(32), and call batch once."
    )
    first, second = (epoch(result[0]) for _ in range(2))
    inputs, targets, sizes = first
    assert sorted(sizes) != [4, 32, 32, 32] or sizes[-1] == 4, (
        "the small batch of the training is not at the end. "
        "Hint: shuffle single pictures, before batch()."
    )
    assert sizes == [32, 32, 32, 4], (
        f"100 pictures for training give batches of {str(sizes)[:40]}. "
        "Hint: batch(32), and keep the small batch at the end."
    )
    assert close(np.sort(targets[:, 0, 0, 0]), values.ravel()), (
        "the targets of the training are not the pictures as they are, once each. "
        "Hint: from_tensor_slices(train), and augment the inputs alone."
    )
    noise = inputs - targets
    assert np.all((noise > 0.05) & (noise < 0.95)), (
        "the inputs of the training are not the targets, augmented once. "
        "Hint: map(lambda batch: (augment(batch), batch))."
    )
    orders = [part[1][:, 0, 0, 0] for part in (first, second)]
    assert not np.array_equal(*orders) and not np.array_equal(
        orders[0], np.arange(100)
    ), (
        "both epochs of the training have the same order. Hint: shuffle before "
        "batch(), anew in each epoch, with no cache() behind it."
    )
    sets = [{*order[:32]} for order in orders]
    assert sets[0] != sets[1] and all(np.ptp(order[:32]) > 50 for order in orders), (
        "the batches hold neighbours, epoch after epoch. Hint: shuffle single "
        "pictures, before batch(), with a buffer for all of them."
    )
    again = second[0] - second[1]
    again, noise = (
        n[np.argsort(o)] for n, o in zip((again, noise), orders[::-1], strict=True)
    )
    assert np.mean(np.isclose(again, noise, atol=1e-4)) < 0.5, (
        "the second epoch repeats the augmentation of the first. "
        "Hint: no cache() after augment."
    )
    inputs, targets, sizes = epoch(result[1])
    assert sum(sizes) != 100, (
        "the validation holds as many pictures as the training. "
        "Hint: from_tensor_slices(validation)."
    )
    assert sizes == [32, 18], (
        f"50 pictures for validation give batches of {str(sizes)[:40]}. "
        "Hint: batch(32), and keep the small batch at the end."
    )
    assert close(np.sort(targets, axis=0), validation), (
        "the targets of the validation are not its pictures, once each. "
        "Hint: from_tensor_slices(validation), and augment nothing."
    )
    assert close(targets, validation), (
        "the validation is shuffled. Hint: only the training needs shuffle."
    )
    assert close(inputs, validation), (
        "the inputs of the validation are not its pictures. "
        "Hint: map(lambda batch: (batch, batch)), without augment."
    )


WRONG = {  # replacements in a solution, or another body for it
    "mend__augments_before_the_cache": [
        (
            "map(prepare).cache().shuffle(len(numbers)).map(augment)",
            "map(prepare).map(augment).cache().shuffle(len(numbers))",
        )
    ],
    "mend__shuffles_before_the_cache": [
        ("cache().shuffle(len(numbers))", "shuffle(len(numbers)).cache()")
    ],
    "mend__without_cache": [("cache().", "")],
    "mend__shuffles_batches": [
        (".shuffle(len(numbers))", ""),
        ("batch(32)", "batch(32).shuffle(100)"),
    ],
    "mend__buffer_of_a_hundred": [("shuffle(len(numbers))", "shuffle(100)")],
    "mend__small_buffer": [("shuffle(len(numbers))", "shuffle(10)")],
    "mend__augments_batches": [
        (".map(augment)", ""),
        ("batch(32)", "batch(32).map(augment)"),
    ],
    "mend__augments_before_preparing": [
        ("map(prepare)", "map(augment).map(prepare)"),
        (".shuffle(len(numbers)).map(augment)", ".shuffle(len(numbers))"),
    ],
    "mend__drops_the_remainder": [("batch(32)", "batch(32, drop_remainder=True)")],
    "mend__shuffles_once": [
        ("len(numbers))", "len(numbers), reshuffle_each_iteration=False)")
    ],
    "mend__without_shuffle": [(".shuffle(len(numbers))", "")],
    "mend__caches_batches": [("batch(32)", "batch(32).cache()")],
    "flip_and_tell__numpy": [
        ("tf.random.uniform([]) < 0.5", "tf.constant(np.random.rand() < 0.5)")
    ],
    "flip_and_tell__upside_down": [("picture[:, ::-1]", "picture[::-1]")],
    "flip_and_tell__mirrors_the_channels": [("picture[:, ::-1]", "picture[..., ::-1]")],
    "flip_and_tell__swaps_what_is_told": [
        ('tf.cast(told, "float32")', '1 - tf.cast(told, "float32")')
    ],
    "flip_and_tell__draws_twice": [
        ('tf.cast(told, "float32")', "tf.round(tf.random.uniform([]))")
    ],
    "flip_and_tell__seldom": [("< 0.5", "< 0.1")],
    "flip_and_tell__always": [("< 0.5", "< 2")],
    "flip_and_tell__picture_alone": [
        ('return picture, tf.cast(told, "float32")', "return picture")
    ],
    "flip_and_tell__tells_a_boolean": [('tf.cast(told, "float32")', "told")],
    "two_pipelines__augments_both_sides": [
        (
            "fit.map(lambda batch: (augment(batch), batch))",
            "fit.map(lambda batch: (augment(batch),) * 2)",
        ),
    ],
    "two_pipelines__augments_the_targets": [
        ("(augment(batch), batch)", "(batch, augment(batch))")
    ],
    "two_pipelines__augments_the_validation": [
        ("(batch, batch)", "(augment(batch), batch)")
    ],
    "two_pipelines__shuffles_the_validation": [
        ("slices(validation)", "slices(validation).shuffle(100)")
    ],
    "two_pipelines__shuffles_once": [
        ("len(train))", "len(train), reshuffle_each_iteration=False)")
    ],
    "two_pipelines__caches_the_order": [
        ("shuffle(len(train))", "shuffle(len(train)).cache()")
    ],
    "two_pipelines__augments_all_validation": [
        ("(batch, batch)", "(augment(batch),) * 2")
    ],
    "two_pipelines__without_shuffle": [(".shuffle(len(train))", "")],
    "two_pipelines__small_buffer": [("shuffle(len(train))", "shuffle(5)")],
    "two_pipelines__shuffles_batches": [
        (".shuffle(len(train)).batch(32)", ".batch(32).shuffle(100)")
    ],
    "two_pipelines__caches_the_augmented": [
        ("(augment(batch), batch))", "(augment(batch), batch)).cache()")
    ],
    "two_pipelines__augments_single_pictures": [
        (".shuffle(len(train)).batch(32)", ".shuffle(len(train))"),
        ("(augment(batch), batch))", "(augment(batch), batch)).batch(32)"),
    ],
    "two_pipelines__drops_the_remainder": [
        ("shuffle(len(train)).batch(32", "shuffle(len(train)).batch(32, True")
    ],
    "two_pipelines__validates_on_the_training": [
        ("slices(validation)", "slices(train)")
    ],
    "two_pipelines__inputs_alone": [("(batch, batch)", "batch")],
    "two_pipelines__one_data_set": [
        ("return fit, test.map(lambda batch: (batch, batch))", "return fit")
    ],
}
