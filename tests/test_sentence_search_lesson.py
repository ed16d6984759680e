"""Lesson 10b: passages, BM25, embeddings, ranks, answers, and the questions."""

import json
import re
import textwrap
from types import SimpleNamespace

from course_utils import DATA_DIR, SMOKE_TEST, artifacts

import keras
import keras_hub
import lessons
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import rankdata
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

TEXT = 'Mr. Knightley came. "Is he well?" she said. "Yes!" They went to St. Ives. '


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, re=re, keras=keras, csr_matrix=csr_matrix, rankdata=rankdata)
    names |= dict(CountVectorizer=CountVectorizer, textwrap=textwrap)
    names["course_utils"] = SimpleNamespace(SMOKE_TEST=SMOKE_TEST)
    names = lessons.definitions("10b", **names)
    exec(re.search("sentence_end = .*", "\n".join(cells().values()))[0], names)
    return names


def cells():
    """{id: source} of the code cells."""
    source = lessons.notebook("10b").read_text(encoding="utf-8")
    return {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(source)["cells"]
        if cell["cell_type"] == "code"
    }


@pytest.mark.parametrize(
    "changed, stored",
    [
        ({}, True),
        ({"num_words": 120}, False),
        ({"max_tokens": 128}, False),
        ({"passages": ["a", "b"]}, False),
    ],
)
def test_the_index_fits_the_settings(changed, stored):
    names = dict(artifacts=artifacts, np=np, num_words=80, max_tokens=256)
    names |= dict(passages=["a"] * 7314) | changed
    names["embed"] = lambda texts: np.full((len(texts), 4), 3.0)
    (source,) = (cell for cell in cells().values() if "settings = [" in cell)
    with lessons.shipped_only():
        exec(source, names)
    width = 384 if stored else 4
    assert names["index"].shape == (len(names["passages"]), width)
    np.testing.assert_allclose(np.linalg.norm(names["index"], axis=1), 1, atol=1e-5)


def test_a_place_is_found_where_words_go_over_a_boundary(lesson):
    names = dict(lesson, lines="a b\nc d e\nf", novels_text="a b c d e f")
    place = function(names, "passage_with")
    found = [place(words) for words in ("a", "b c", "c", "d", "e f", "f")]
    assert found == [0, 0, 1, 1, 1, 2]


def test_passages_are_whole_sentences_and_the_whole_chapter(lesson):
    chapter = (TEXT * 40).strip()
    passages = lesson["cut"](chapter)
    assert " ".join(passages) == chapter
    assert all(re.search(r"[.!?]\"?$", p) and "Mr." != p[-3:] for p in passages)
    lengths = [len(passage.split()) for passage in passages]
    assert min(lengths[:-1]) >= 80 and max(lengths) < 90
    assert lesson["cut"]("Short. Text.") == ["Short. Text."]
    assert lesson["cut"](" ".join(["Yes."] * 80)) == [" ".join(["Yes."] * 80)]


def test_bm25_is_its_formula(lesson):
    counts = np.array([[2, 0, 1, 0], [0, 1, 0, 4], [1, 1, 0, 0]])
    names = dict(lesson, passages=["a", "b", "c"])
    names["idf"] = function(names, "idf")
    weights = function(names, "bm25_weights")
    found = weights(csr_matrix(counts), k1=1.2, b=0.5).toarray()
    for p in range(3):
        for w in range(4):
            f, having = counts[p, w], np.sum(counts[:, w] > 0)
            length = counts[p].sum() / counts.sum(axis=1).mean()
            expected = np.log(1 + (3 - having + 0.5) / (having + 0.5))
            expected *= f * 2.2 / (f + 1.2 * (0.5 + 0.5 * length))
            assert found[p, w] == pytest.approx(expected)


@pytest.fixture(scope="module")
def tiny(lesson):
    keras.utils.set_random_seed(0)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d"]
    sizes = dict(vocabulary_size=9, num_layers=1, num_heads=2, hidden_dim=8)
    sizes |= dict(intermediate_dim=8, max_sequence_length=12)
    lesson["encoder"] = keras_hub.models.BertBackbone(**sizes)
    models = keras_hub.models
    tokenizer = models.BertTokenizer(words)
    lesson["preprocessor"] = models.BertTextClassifierPreprocessor(tokenizer, 12)
    (source,) = (cell for cell in cells().values() if "minilm = " in cell)
    exec(source[source.index("token_vectors = ") : source.index("def embed")], lesson)
    return lesson


def test_an_embedding_does_not_depend_on_the_other_texts(tiny):
    embed, texts = tiny["embed"], ["a b c d a", "b", "d c " * 9, "c a"]
    together = embed(texts)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embed([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(embed(texts * 2)[4:], alone, atol=1e-5)
    same = embed(["d c " * 5 + "a b"])  # what follows is cut off
    np.testing.assert_allclose(same[0], together[2], atol=1e-5)
    assert np.abs(together[0] - together[3]).max() > 1e-3


def test_an_embedding_is_the_mean_of_the_tokens(tiny):
    inputs = tiny["preprocessor"](["a b c"])  # [CLS] a b c [SEP], then padding
    vectors = tiny["encoder"].predict(inputs, verbose=0)["sequence_output"][0, :5]
    expected = vectors.mean(axis=0) / np.linalg.norm(vectors.mean(axis=0))
    np.testing.assert_allclose(tiny["embed"](["a b c"])[0], expected, atol=1e-5)


def test_ranks_of_scores(lesson):
    found = lesson["ranks"](np.array([[0.1, 0.9, 0.5], [3.0, 2.0, 1.0]]))
    assert found.tolist() == [[3, 1, 2], [1, 2, 3]]


def test_first_right_passage(lesson):
    names = dict(lesson, right=[range(1, 3), range(2, 3)])
    found = function(names, "first_right")(np.array([[9, 1, 5], [7, 7, 7.0]]))
    assert found.tolist() == [2, 3]  # of equal scores, the first passage first


def test_search_by_words(lesson):
    passages = ["The cat sat.", "A dog and the cat.", "The dog!"]
    names = dict(lesson, passages=passages)
    names["idf"] = function(names, "idf")
    names["bm25_weights"] = function(names, "bm25_weights")
    search = function(names, "word_search")
    scores = search()(["Dog dog?", "the", "bird"])
    assert scores.shape == (3, 3) and scores[0, 0] == 0
    assert scores[0, 2] > scores[0, 1] > 0  # the shorter one
    assert scores[1].all() and not scores[2].any()
    assert not search(stop_words="english")(["the"]).any()
    assert search(preprocessor=lambda text: text.replace("dogs", "dog"))(["dogs"]).any()


def test_the_answer_is_asked_of_the_best_passage(lesson, capsys):
    passages = [f"Passage {i}." for i in range(30)]
    index = np.zeros((30, 2))
    index[7, 0], index[25, 0] = 1, 2  # 25 is not among the first 20 by words
    asked = []

    def write(model, prompts, num_new):
        asked.extend(prompts)
        return [f"Answer {len(asked)}."]

    names = dict(lesson, passages=passages, index=index, language_model=None)
    names |= dict(num_new=5, chat=SimpleNamespace(write=write))
    names |= dict(chat_template="<{}>", order="Answer.")
    names["bm25"] = lambda texts: -np.arange(30.0)[None]
    names["embed"] = lambda texts: np.array([[1.0, 0.0]])
    function(names, "answer")("Who?")
    assert asked == ["<Who?>", "<Answer.\nPassage: Passage 7.\nQuestion: Who?>"]
    told = "without the passage: Answer 1.\nwith the passage: Answer 2."
    assert told in capsys.readouterr().out


def function(names, name):
    """A function of the lesson that sees other global names."""
    code = names[name].__code__
    return type(names[name])(code, names, name, names[name].__defaults__)


def test_the_questions_are_as_their_card_says(lesson):
    text = (DATA_DIR / "search_questions.json").read_text(encoding="utf-8")
    questions = json.loads(text)
    kinds = [question["kind"] for question in questions]
    for kind in ("its words", "reader", "reworded", "scene"):
        assert kinds.count(kind) == 20
    passages = [
        (chapter["novel"], int(chapter["chapter"]), passage)
        for split in lessons.examples("jane_austen").values()
        for chapter in sorted(split, key=lambda c: (c["novel"], c["chapter"]))
        for passage in lesson["cut"](chapter["text"])
    ]
    assert len(passages) == 7314
    found = set()
    for question in questions:
        ends = [
            i
            for words in (question["first"], question["last"])
            for i, passage in enumerate(passages)
            if words in passage[2]
        ]
        assert len(ends) == 2 and passages[ends[0]][:2] == (
            question["novel"],
            question["chapter"],
        )
        if question["kind"] == "scene":
            assert 1 <= ends[1] - ends[0] < 18
            continue
        assert ends[0] == ends[1]
        found.add(ends[0])
        if question["kind"] == "reworded":
            text = passages[ends[0]][2].lower()
            words = set(re.findall("[a-z]{4,}", question["question"].lower()))
            shared = words & set(re.findall("[a-z]{4,}", text))
            assert not shared - ENGLISH_STOP_WORDS, (question, shared)
    assert len(found) == 60
