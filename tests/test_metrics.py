"""metrics: against the definitions, written out the slow way in float64."""

from course_utils import CourseError
from course_utils.metrics import bits_per_character, nearest_neighbours

import keras
import numpy as np
import pytest

random = np.random.default_rng(0)


def slow_distances(queries, references):
    queries = queries.reshape(len(queries), 1, -1).astype("float64")
    references = references.reshape(1, len(references), -1).astype("float64")
    return np.sqrt(((queries - references) ** 2).sum(-1))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_nearest_neighbours_equal_the_definition(batch_size):
    queries, references = random.normal(size=(20, 3, 5)), random.normal(size=(31, 3, 5))
    distances, indices = nearest_neighbours(queries, references, batch_size)
    table = slow_distances(queries, references)
    np.testing.assert_array_equal(indices, table.argmin(1))
    np.testing.assert_allclose(distances, table.min(1), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [3, 1000])
def test_without_references_each_query_leaves_itself_out(batch_size):
    queries = random.normal(size=(20, 4))
    distances, indices = nearest_neighbours(queries, batch_size=batch_size)
    table = slow_distances(queries, queries)
    np.fill_diagonal(table, np.inf)
    np.testing.assert_array_equal(indices, table.argmin(1))
    np.testing.assert_allclose(distances, table.min(1), rtol=1e-5)


def test_copies_are_at_distance_zero_even_far_from_the_origin():
    references = random.integers(0, 256, size=(50, 28, 28)).astype("uint8")
    for offset in [0, 1e5]:
        distances, indices = nearest_neighbours(
            references[[7, 3]] + offset, references + offset
        )
        assert distances.tolist() == [0, 0]
        assert indices.tolist() == [7, 3]


def test_unsigned_pictures_do_not_wrap_around():
    distances, _ = nearest_neighbours(
        np.full((1, 4), 255, "uint8"), np.zeros((1, 4), "uint8")
    )
    assert distances[0] == 510


@pytest.mark.parametrize(
    "queries, references, word",
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), "same shape"),
        (np.zeros((2, 3)), np.zeros((0, 3)), "no references"),
        (np.zeros((0, 3)), np.zeros((2, 3)), "no queries"),
        (np.zeros((1, 3)), None, "at least two"),
        (np.full((2, 3), np.nan), np.zeros((2, 3)), "NaN"),
        (np.zeros((2, 3)), np.full((2, 3), np.inf), "references"),
    ],
)
def test_mistakes_are_one_sentence(queries, references, word):
    with pytest.raises(CourseError, match=word) as error:
        nearest_neighbours(queries, references)
    assert len(str(error.value)) <= 300


@pytest.fixture(scope="module")
def reader():
    keras.utils.set_random_seed(0)
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((6,))
    x = keras.layers.Embedding(5, 4)(ids)
    gru = keras.layers.GRU(6, return_sequences=True, return_state=True)
    x, new_state = gru(x, initial_state=state)
    return keras.Model([ids, state], [keras.layers.Dense(5)(x), new_state])


@pytest.mark.parametrize("num_rows", [1, 3])
def test_bits_per_character_equal_the_definition(reader, num_rows):
    ids = random.integers(0, 5, 3 * 40 + 1).astype("int32")
    part = (len(ids) - 1) // num_rows
    bits = []
    for row in range(num_rows):
        text = ids[row * part : (row + 1) * part + 1]
        logits, _ = reader([text[None, :-1], np.zeros((1, 6), "float32")])
        logits = np.array(logits[0], "float64")
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        bits += list(-log_p[np.arange(part), text[1:]] / np.log(2))
    actual = bits_per_character(reader, ids, window=20, num_rows=num_rows)
    np.testing.assert_allclose(actual, np.mean(bits), rtol=1e-5)


def test_bits_per_character_of_a_text_shorter_than_a_window(reader):
    with pytest.raises(CourseError, match="at least window \\+ 1 = 65"):
        bits_per_character(reader, np.zeros(64, "int32"))
