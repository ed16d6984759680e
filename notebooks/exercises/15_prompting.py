"""Exercises of lesson 15: solutions, then checkers, then wrong answers.

15.1 in the lesson: shorten(messages, 256 - num_new, count), with count = lambda some:
len(tokenizer(chat_prompt(some))). 15.3 needs your 15.2. Rerun from the cell that begins
`pattern =`, with "lists": matching(form_pattern(lists | {"age": None})) added to the
dictionary of its loop: it writes all answers of all three ways again. 43 of the 50
answers are right, 24 without the lists: all names and cities, all ages but one, and 43
jobs. A list rules out what is no job, but not the wrong job. Nor is the answer always
the likeliest that fits: `matching` takes the likeliest allowed token each time, which
may lead away from the likeliest whole.
"""

import copy

import regex


def shorten(messages, limit, count):
    """Messages, tokens allowed, a function messages -> tokens: the messages to send."""
    system = [message for message in messages[:1] if message["role"] == "system"]
    rest = messages[len(system) :]
    while len(rest) > 1 and count(system + rest) > limit:
        rest = rest[2:]
    return system + rest


def form_pattern(choices):
    """{key: its texts, or None for a number} -> a pattern of such JSON objects."""
    fields = []
    for key, texts in choices.items():
        value = "(0|[1-9][0-9]{0,2})"
        if texts is not None:
            value = '"(' + "|".join(texts) + ')"'
        fields.append(f'"{key}": {value}')
    return r"\{" + ", ".join(fields) + r"\}"


def check_1(answer):
    """Shorten a conversation to the context."""

    def count(messages):  # 2 for the template's end, as often as it is called
        return 2 + sum(1 + len(message["content"].split()) for message in messages)

    roles = ["user", "assistant", "user", "assistant", "user"]
    chat = [{"role": r, "content": f"{r} says {n}"} for n, r in enumerate(roles)]
    system = [{"role": "system", "content": "Be brief."}]

    def kept(messages, limit):
        given = copy.deepcopy(messages)
        result = answer(given, limit, count)
        assert given == messages, (
            "the list that your function was given has changed. Hint: take slices, "
            "such as rest[2:], which make new lists; `del` and `.pop` change the old."
        )
        fits = isinstance(result, list) and all(m in messages for m in result)
        assert fits, (
            "the result is not a list of some of the messages. Hint: return a list, "
            "such as messages[:1] + messages[3:]."
        )
        return [messages.index(m) for m in result]

    found = kept(system + chat, 18)
    assert 0 in found, (
        "the system message is gone. Hint: set it aside, and put it in front again."
    )
    assert 5 in found, (
        "the last message, the question, is gone. Hint: drop the oldest, not the "
        "newest."
    )
    assert found not in ([0, 2, 3, 4, 5], [0, 4, 5]), (
        "after the system message comes an answer whose question is gone. Hint: drop "
        "a question together with its answer."
    )
    assert found != [0, 5], (
        "with 18 tokens allowed, a pair too many is dropped. Hint: count the whole "
        "list at once, count(system + rest): the template adds tokens to each call."
    )
    assert found == [0, 3, 4, 5], (
        f"with 18 tokens allowed, messages number {found} are kept, not [0, 3, 4, 5]. "
        "Hint: drop pairs, the oldest first, only while count(system + rest) > limit."
    )
    assert kept(system + chat, 25) == [0, 1, 2, 3, 4, 5], (
        "a conversation that fits exactly is shortened. Hint: drop while "
        "count(...) > limit."
    )
    found = kept(system + chat, 1)
    assert found == [0, 5], (
        f"with 1 token allowed, messages number {found} are kept, not [0, 5]. Hint: "
        "go on dropping pairs until one message is left beside the system's."
    )
    found = kept(system + chat, 16)
    assert found != [0, 4, 5], (
        "with 16 tokens allowed, an answer is left whose question is gone. Hint: drop "
        "a question together with its answer: rest[2:]."
    )
    assert found == [0, 5], (
        "of 17 tokens, 16 are allowed, and not just [0, 5] is kept. Hint: the system "
        "message counts, too."
    )
    assert kept(chat, 14) == [2, 3, 4], (
        "without a system message, the first message is treated as one. Hint: look at "
        'messages[0]["role"].'
    )
    assert kept(chat[:1], 1) == [0], (
        "a single question without a system message is not kept. Hint: the last "
        "message always stays."
    )


def check_2(answer):
    """A pattern of JSON objects with given values."""

    def matcher(choices):
        given = copy.deepcopy(choices)
        pattern = answer(choices)
        assert choices == given, (
            "the dict that your function was given has changed. Hint: build the "
            "pattern as a new text."
        )
        assert isinstance(pattern, str), (
            f"the result is a {type(pattern).__name__}, not a text. Hint: return the "
            "pattern itself; `matching` compiles it."
        )
        try:
            compiled = regex.compile(pattern)
        except regex.error as error:
            raise AssertionError(
                f"{pattern[:80]!r} is no regular expression: {error}. Hint: print it; "
                "each ( needs its )."
            ) from None
        return lambda text: compiled.fullmatch(text) is not None

    fits = matcher({"job": ["nurse"]})
    assert not fits('"job": "nurse"'), (
        "a text without braces fits. Hint: the object begins with { and ends with }."
    )
    assert not fits('{job: "nurse"}') and not fits('{"job": nurse}'), (
        "a key or a text without quotes fits. Hint: JSON puts both in double quotes."
    )
    assert not fits('{"job": "nurse", }'), (
        "a comma behind the last field fits. Hint: put commas between the fields, with "
        "join."
    )
    assert fits('{"job": "nurse"}'), (
        'with choices {"job": ["nurse"]}, {"job": "nurse"} does not fit. Hint: print '
        "the pattern; braces are written \\{ and \\}, and a space follows the colon."
    )
    fits = matcher({"job": ["nurse", "baker", "night nurse"]})
    assert not fits('{"job": "nurse') and not fits('baker"}') and not fits("baker"), (
        "a piece of an object fits. Hint: put the texts of a key in parentheses, or | "
        "splits the whole pattern."
    )
    for text in ("nurse", "baker", "night nurse"):
        assert fits(f'{{"job": "{text}"}}'), (
            f"of three texts, {text!r} does not fit. "
            'Hint: "|".join(texts), in parentheses.'
        )
    for text in ("farmer", "nursebaker", "", "Nurse", "nurse|baker", "b"):
        assert not fits(f'{{"job": "{text}"}}'), (
            f"{text!r} fits, which is not among the texts. Hint: allow the texts "
            'themselves: "|".join(texts).'
        )
    fits = matcher({"age": None})
    assert not fits('{"age": "7"}'), (
        "a number in quotes fits. Hint: a number has no quotes in JSON."
    )
    assert not fits('{"age": }'), (
        "no number at all fits. Hint: it has one digit or more."
    )
    for number in (7, 60, 100, 999):
        assert fits(f'{{"age": {number}}}'), (
            f"the number {number} does not fit. Hint: a first digit from 1 to 9, then "
            "at most two digits, {0,2}; in an f-string, write {{0,2}}."
        )
    assert fits('{"age": 0}'), (
        "the number 0 does not fit. Hint: 0 is the one number that begins with 0."
    )
    assert not any(fits(f'{{"age": {text}}}') for text in ("060", "00", "07")), (
        "a number with a leading zero fits, which JSON forbids. Hint: the first digit "
        "is from 1 to 9: [1-9]."
    )
    assert not any(fits(f'{{"age": {text}}}') for text in ("1000", "12345", "-7")), (
        "a number outside 0 to 999 fits. Hint: after the first digit, at most two: "
        "{0,2}."
    )
    fits = matcher({"name": ["Ada", "Bo"], "age": None, "job": ["nurse", "cook"]})
    good = '{"name": "Bo", "age": 41, "job": "nurse"}'
    assert not fits('{"job": "nurse"}') and not fits("{}"), (
        "an object that lacks a key fits. Hint: every key must be there."
    )
    assert not fits(good.replace(", ", " ")), (
        "fields without commas fit. Hint: join them with a comma and a space."
    )
    assert fits(good) and fits('{"name": "Ada", "age": 0, "job": "cook"}'), (
        f"{good} does not fit. Hint: join the fields with a comma and a space, and put "
        "the alternatives of each in parentheses of their own."
    )
    assert not fits('{"name": "nurse", "age": 41, "job": "Bo"}'), (
        "the texts of one key fit under another. Hint: each key has texts of its own."
    )
    assert not fits('{"age": 41, "name": "Bo", "job": "nurse"}'), (
        "another order of the keys fits. Hint: join the fields in the order of choices."
    )


WRONG = {  # replacements in a solution, or another body for it
    "shorten__forgets_the_system": [("return system + rest", "return rest")],
    "shorten__one_at_a_time": [("rest[2:]", "rest[1:]")],
    "shorten__drops_the_newest": [("rest[2:]", "rest[:-2]")],
    "shorten__even_if_it_fits": [("> limit", ">= limit")],
    "shorten__system_not_counted": [("count(system + rest)", "count(rest)")],
    "shorten__first_is_always_the_system": [
        (
            '[message for message in messages[:1] if message["role"] == "system"]',
            "messages[:1]",
        )
    ],
    "shorten__changes_its_input": (
        "while len(messages) > 2 and count(messages) > limit:\n"
        "        del messages[1:3]\n"
        "    return messages"
    ),
    "shorten__counts_each_message": [
        ("count(system + rest)", "sum(count([m]) for m in system + rest)")
    ],
    "shorten__drops_even_the_question": [("len(rest) > 1", "rest")],
    "shorten__pairs_once": [("while len(rest) > 1 and", "if")],
    "form_pattern__no_parentheses": [('"(\' + "|"', '"\' + "|"'), (")\"'", "\"'")],
    "form_pattern__leading_zeros": [("(0|[1-9][0-9]{0,2})", "[0-9]{1,3}")],
    "form_pattern__no_zero": [("(0|[1-9][0-9]{0,2})", "[1-9][0-9]{0,2}")],
    "form_pattern__any_length": [("{0,2}", "*")],
    "form_pattern__two_digits": [("{0,2}", "?")],
    "form_pattern__number_in_quotes": [('"(0|[1-9][0-9]{0,2})"', "'\"[0-9]+\"'")],
    "form_pattern__number_may_lack": [("(0|[1-9][0-9]{0,2})", "[0-9]{0,3}")],
    "form_pattern__number_not_grouped": [("(0|[1-9][0-9]{0,2})", "0|[1-9][0-9]{0,2}")],
    "form_pattern__any_text": [('"(\' + "|".join(texts) + \')"', '"[A-Za-z ]+"')],
    "form_pattern__a_set_of_letters": [
        ('"(\' + "|".join(texts) + \')"', '"[\' + "|".join(texts) + \']+"')
    ],
    "form_pattern__the_first_text": [('"|".join(texts)', "texts[0]")],
    "form_pattern__no_quotes": [("\"('", "('"), (")\"'", ")'")],
    "form_pattern__keys_without_quotes": [
        ("f'\"{key}\": {value}'", 'f"{key}: {value}"')
    ],
    "form_pattern__no_braces": [('r"\\{" + ', ""), (' + r"\\}"', "")],
    "form_pattern__a_comma_behind_each": [
        ("{value}'", "{value}, '"),
        ('", ".join', '"".join'),
    ],
    "form_pattern__no_commas": [('", ".join', '" ".join')],
    "form_pattern__no_spaces": [('", ".join', '",".join')],
    "form_pattern__the_last_key_only": [
        ("fields.append(f'\"{key}\": {value}')", "fields = [f'\"{key}\": {value}']")
    ],
    "form_pattern__a_list": [('r"\\{" + ", ".join(fields) + r"\\}"', "fields")],
    "form_pattern__one_pair_of_parentheses_open": [('"(\' + "|"', '"((\' + "|"')],
}
