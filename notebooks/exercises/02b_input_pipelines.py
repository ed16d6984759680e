"""Exercises of lesson 02b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


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


def there_and_back(train):
    from keras import layers

    there = layers.Normalization(axis=-1)
    back = layers.Normalization(axis=-1, invert=True)
    there.adapt(train)
    back.adapt(train)
    return there, back


def check_1(answer):
    """mend(numbers, prepare, augment): order of the steps of a pipeline."""
    import tensorflow as tf

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
        "Hint: cache() right after the step that is slow and always the same."
    )
    noise = [np.concatenate(epoch) for epoch in (first, second)]
    noise = [values[np.argsort(values)] % 10 for values in noise]
    assert np.mean(noise[0] == noise[1]) < 0.5, (
        "the second epoch repeats the random numbers of the first. "
        "Hint: map augment after cache()."
    )
    assert np.ptp(first[0] % 10) > 0.1, (
        "all numbers of a batch were augmented alike. "
        "Hint: augment takes one number: map it before batch()."
    )
    orders = [np.concatenate(epoch) // 10 for epoch in (first, second)]
    assert not np.array_equal(*orders), (
        "both epochs have the same order. Hint: shuffle after cache()."
    )
    members = [{*(epoch[0] // 10)} for epoch in (first, second)]
    assert members[0] != members[1] and max(members[0]) - min(members[0]) > 50, (
        "the batches hold neighbours, epoch after epoch. Hint: shuffle single numbers, "
        "before batch(), with a buffer for all of them."
    )


def check_2(answer):
    """flip_and_tell(picture): random anew for each picture, and told truly."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # AutoGraph misses the source of answers
    pictures = np.random.default_rng(0).random((200, 4, 6, 1)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(pictures)
    result = next(iter(data.map(answer).batch(200)))
    assert isinstance(result, tuple) and len(result) == 2, (
        "it does not return two things. Hint: end with `return picture, told`."
    )
    new, told = (np.asarray(part) for part in result)
    assert new.shape == pictures.shape and told.shape == (200,), (
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
        "Hint: the axes of one picture are rows, columns, channels: mirror the second."
    )
    assert 0 < flips.sum() < 200, (
        "all 200 pictures were treated alike. Hint: draw with tf.random.uniform; what "
        "NumPy draws is a constant in the graph."
    )
    assert 60 < flips.sum() < 140, (
        f"{flips.mean():.0%} of the pictures were mirrored. "
        "Hint: compare a number from 0 to 1 with 0.5."
    )
    assert close(told, flips), (
        "what is told does not fit: 1.0 means mirrored. "
        "Hint: draw once, and use the result for both."
    )


def check_3(answer):
    """there_and_back(train): two Normalization layers, adapted to train."""
    rng = np.random.default_rng(0)
    train = rng.normal([100, 50, 200], [40, 10, 20], (64, 8, 8, 3)).astype("float32")
    other = 255 - train[:5]
    result = answer(train)
    assert isinstance(result, tuple | list) and len(result) == 2, (
        "it does not return two layers. Hint: end with `return there, back`."
    )
    there, back = result
    assert callable(there) and callable(back), (
        "the results cannot be called. Hint: return the layers themselves."
    )
    x = np.asarray(there(train))
    assert x.shape == train.shape, (
        f"pictures {train.shape} became {x.shape}. Hint: one layer, all channels."
    )
    means, deviations = x.mean((0, 1, 2)), x.std((0, 1, 2))
    assert close(means, np.zeros(3), 1e-2) and close(deviations, np.ones(3), 1e-2), (
        f"the channels of train have the means {means.round(2)} and standard "
        f"deviations {deviations.round(2)}, not 0 and 1. "
        "Hint: Normalization(axis=-1), adapted to train."
    )
    spread = np.asarray(there(train)).mean((0, 3)).std()
    assert spread > 1e-3, (
        "each pixel has a mean of its own. Hint: axis=-1 keeps one mean per channel."
    )
    for pictures in (train, other):
        again = np.asarray(back(there(pictures)))
        assert again.shape == pictures.shape and close(again, pictures, 1e-3), (
            "the second layer does not undo the first. "
            "Hint: Normalization(axis=-1, invert=True), adapted to train itself."
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
    "mend__without_shuffle": [(".shuffle(len(numbers))", "")],
    "mend__caches_batches": [("batch(32)", "batch(32).cache()")],
    "flip_and_tell__numpy": [
        ("tf.random.uniform([]) < 0.5", "tf.constant(np.random.rand() < 0.5)")
    ],
    "flip_and_tell__upside_down": [("picture[:, ::-1]", "picture[::-1]")],
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
    "there_and_back__one_mean_for_all": [
        (
            "there = layers.Normalization(axis=-1)",
            "there = layers.Normalization(axis=None)",
        )
    ],
    "there_and_back__a_mean_for_each_pixel": [
        ("Normalization(axis=-1)", "Normalization(axis=(1, 2, 3))"),
        ("axis=-1, invert", "axis=(1, 2, 3), invert"),
    ],
    "there_and_back__twice_there": [(", invert=True", "")],
    "there_and_back__not_adapted": [
        ("    there.adapt(train)\n    back.adapt(train)\n", "")
    ],
    "there_and_back__adapts_to_the_result": [
        ("back.adapt(train)", "back.adapt(np.asarray(there(train)))")
    ],
    "there_and_back__rescales": [
        ("layers.Normalization(axis=-1)", "layers.Rescaling(1 / 127.5, -1)"),
        ("    there.adapt(train)\n", ""),
    ],
    "there_and_back__one_layer": [("return there, back", "return there")],
}
