"""Exercises of lesson 05: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def bernoulli_reconstruction(pictures, logits):
    white = (pictures + 1) / 2
    nats = np.logaddexp(0, logits) - white * logits
    return float(nats.sum(axis=(1, 2, 3)).mean())


def sampling_layer():
    import keras
    from keras import layers, ops

    class Sampling(layers.Layer):
        def __init__(self, seed=None, temperature=1.0, **options):
            super().__init__(**options)
            self.seed, self.temperature = seed, temperature
            self.generator = keras.random.SeedGenerator(seed)

        def call(self, inputs):
            mean, log_variance = inputs
            noise = keras.random.normal(ops.shape(mean), seed=self.generator)
            return mean + self.temperature * ops.exp(0.5 * log_variance) * noise

        def get_config(self):
            own = {"seed": self.seed, "temperature": self.temperature}
            return super().get_config() | own

    return Sampling


def kl_to_prior(mean, log_variance, prior_mean, prior_log_variance):
    centred = (mean - prior_mean) * np.exp(-0.5 * prior_log_variance)
    log_ratio = log_variance - prior_log_variance
    return 0.5 * np.sum(centred**2 + np.exp(log_ratio) - 1 - log_ratio, axis=1)


def check_1(answer):
    """The reconstruction term of a Bernoulli decoder."""
    white, black = np.ones((1, 2, 3, 1)), -np.ones((1, 2, 3, 1))
    even = np.zeros((1, 2, 3, 1))
    nats = answer(white, even)
    assert close(nats, 6 * np.log(2)), (
        f"6 white pixels with logits of 0, so p = 1/2, cost {str(nats)[:20]}, not "
        "6 log 2 = 4.16 nats. Hint: minus the natural logarithm; sum over the pixels, "
        "average over the pictures only."
    )
    assert close(
        answer(np.tile(white, (4, 1, 1, 1)), np.zeros((4, 2, 3, 1))), 4.15888
    ), (
        "four equal pictures do not cost as much as one. "
        "Hint: the result is the average over the pictures."
    )
    assert close(
        answer(np.ones((2, 2, 3, 3)), np.zeros((2, 2, 3, 3))), 18 * np.log(2)
    ), (
        "colour pictures, of three values a pixel, do not cost three times as much as "
        "grey ones. Hint: sum over height, width and channels."
    )
    sure = np.full((1, 2, 3, 1), 3.0)
    assert close(answer(white, sure), 6 * np.log1p(np.exp(-3))), (
        "white pixels with a logit of 3 do not cost -log p each. "
        "Hint: p = 1 / (1 + exp(-logit)) is the probability of white, a value of 1."
    )
    assert close(answer(black, sure), 6 * np.log1p(np.exp(3))), (
        "black pixels (-1) with a logit of 3 do not cost -log(1 - p) each. "
        "Hint: with shares of white from 0 to 1 in place of values from -1 to 1, the "
        "cost is -(share * log p + (1 - share) * log(1 - p))."
    )
    grey = answer(even, sure)
    assert close(grey, 3 * (np.log1p(np.exp(-3)) + np.log1p(np.exp(3)))), (
        "grey pixels (0), half white and half black, do not cost half of each. "
        "Hint: -(share * log p + (1 - share) * log(1 - p))."
    )
    for logit, likely, other in [(-1000.0, black, white), (1000.0, white, black)]:
        logits = np.full((1, 2, 3, 1), logit)
        with np.errstate(all="ignore"):
            costs = answer(likely, logits), answer(other, logits)
        assert close(costs, [0, 6000]), (
            f"with logits of {logit:.0f}, likely pixels do not cost 0 nats and the "
            "others 1000 each. Hint: form neither p nor np.exp(logit): -log p is "
            "np.logaddexp(0, -logit), and -log(1 - p) is np.logaddexp(0, logit)."
        )


def check_2(answer):
    """A Sampling layer that can be built again from its configuration."""
    Sampling = answer()
    import keras  # takes seconds, so only for an attempt
    from keras import layers

    good = isinstance(Sampling, type) and issubclass(Sampling, layers.Layer)
    assert good, (
        f"it returned {str(Sampling)[:40]}, which is no class of layers. Hint: define "
        "`class Sampling(layers.Layer)` inside the function and return Sampling."
    )
    mean = np.full((2000, 3), 5.0, "float32")
    log_variance = np.full((2000, 3), np.log(4), "float32")

    def draw(layer):
        try:
            return np.asarray(layer([mean, log_variance]))
        except TypeError as error:
            raise AssertionError(
                f"calling it with [mean, log_variance] raises {str(error)[:80]}. "
                "Hint: `call(self, inputs)` takes one list and unpacks it."
            ) from None

    z = draw(Sampling(seed=1))
    assert z.shape == mean.shape, (
        f"for inputs of shape (2000, 3) it draws the shape {z.shape}. "
        "Hint: draw the noise with ops.shape(mean)."
    )
    assert abs(z.mean() - 5) < 0.2, (
        f"for a mean of 5 the draws have the mean {z.mean():.2f}. "
        "Hint: z = mean + standard deviation * noise."
    )
    assert z.std() > 0.01, (
        "every draw equals its mean. Hint: add noise always, not in training alone."
    )
    assert z.std(axis=0).min() > 0.01 and z.std(axis=1).min() > 0.01, (
        "rows or columns share the same noise. "
        "Hint: every entry of z has noise of its own."
    )
    assert abs(z.std() - 2) < 0.1, (
        f"for a variance of 4 the draws have the standard deviation {z.std():.2f}. "
        "Hint: the input is the logarithm of the variance, so that the standard "
        "deviation is exp(0.5 * log_variance)."
    )
    cool = draw(Sampling(seed=1, temperature=0.5))
    assert abs(cool.std() - 1) < 0.05 and abs(cool.mean() - 5) < 0.2, (
        "with temperature=0.5 the standard deviation is not halved, or the mean moves. "
        "Hint: multiply the standard deviation by temperature, not the variance or z."
    )
    layer = Sampling(seed=1, temperature=0.5)
    assert not close(draw(layer), draw(layer)), (
        "two calls give the same draws. Hint: make one keras.random.SeedGenerator in "
        "__init__ and give it to keras.random.normal; an int repeats itself."
    )
    assert close(draw(Sampling(seed=7)), draw(Sampling(seed=7))), (
        "two layers with the same seed draw differently. "
        "Hint: keras.random.SeedGenerator(seed)."
    )
    assert not close(draw(Sampling(seed=7)), draw(Sampling(seed=8))), (
        "layers with different seeds draw the same. Hint: pass the argument `seed` on."
    )
    try:
        config = Sampling(seed=7, temperature=0.5, name="z").get_config()
    except TypeError:
        config = {}
    assert config.get("name") == "z", (
        "the name is not in the configuration. Hint: begin with super().get_config(), "
        "and pass **options to super().__init__."
    )
    assert {"seed", "temperature"} <= set(config), (
        "get_config lacks the seed or the temperature. "
        "Hint: add both to what super().get_config() returns."
    )
    for name, given in {"seed": 7, "temperature": 0.5}.items():
        assert type(config[name]) is type(given) and config[name] == given, (
            f"for {name}={given} the {name} in the configuration is "
            f"{str(config[name])[:40]}. Hint: store the number that was given, not a "
            "SeedGenerator or anything else made from it."
        )
    again = Sampling.from_config(config)
    assert close(draw(again), draw(Sampling(seed=7, temperature=0.5))), (
        "a layer built from the configuration draws differently. "
        "Hint: use every argument: seed, temperature and **options."
    )
    unknown = keras.Input((3,))  # as in a model, where the number of rows is not known
    try:
        Sampling()([unknown, unknown])
    except Exception as error:
        raise AssertionError(
            f"in a model, for any number of rows, it raises {type(error).__name__}. "
            "Hint: ops.shape(mean) and keras.random.normal, no functions of NumPy."
        ) from None


def check_3(answer):
    """The KL divergence from a prior with a mean and a variance."""
    rng = np.random.default_rng(1)
    mean, log_variance, prior_mean, prior_log = rng.normal(size=(4, 3, 2))
    zeros = np.zeros((3, 2))
    same = answer(mean, log_variance, mean, log_variance)
    assert np.shape(same) == (3,), (
        f"for 3 examples of 2 units the result has the shape {np.shape(same)}, not "
        "(3,). Hint: sum over the units, axis 1."
    )
    assert close(same, [0, 0, 0]), (
        "q equal to its prior does not cost 0 nats. Hint: shift and scale z so that "
        "the prior has the mean 0 and the variance 1; q is then standard normal, too."
    )
    standard = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    assert close(answer(mean, log_variance, zeros, zeros), standard.sum(axis=1)), (
        "to a prior with mean 0 and variance 1, the term is not that of the lesson. "
        "Hint: (mean ** 2 + variance - 1 - log variance) / 2, summed over the units."
    )
    shifted = answer(mean + 3, log_variance, zeros + 3, zeros)
    assert close(shifted, standard.sum(axis=1)), (
        "if both means move by 3, the term changes. "
        "Hint: only the difference of the means counts."
    )
    halved = answer(zeros, zeros, zeros, zeros + np.log(4))
    assert close(halved, np.full(3, np.log(4) - 0.75)), (
        "with equal means, and standard deviations of 1 for q and 2 for the prior, 2 "
        "units do not cost log 4 - 0.75 = 0.64 nats. Hint: q has 1/4 of the prior's "
        "variance; subtract the log variances and keep which is which."
    )
    far = answer(zeros + 2, zeros + np.log(4), zeros, zeros + np.log(4))
    assert close(far, [1, 1, 1]), (
        "with standard deviations of 2 and means 2 apart, 2 units do not cost 1 nat. "
        "Hint: divide the difference of the means by the prior's standard deviation, "
        "exp(0.5 * prior_log_variance)."
    )
    expected = (mean - prior_mean) ** 2 / np.exp(prior_log)
    expected += np.exp(log_variance - prior_log) - 1 - (log_variance - prior_log)
    found = answer(mean, log_variance, prior_mean, prior_log)
    assert close(found, 0.5 * expected.sum(axis=1)), (
        "units with priors of their own do not have the sum of their terms. "
        "Hint: work with whole arrays and sum over axis 1 at the end."
    )


WRONG = {  # replacements in a solution, or another body for it
    "bernoulli_reconstruction__mean": [(".sum(axis=(1, 2, 3)).mean()", ".mean()")],
    "bernoulli_reconstruction__sum_of_all": [(".sum(axis=(1, 2, 3)).mean()", ".sum()")],
    "bernoulli_reconstruction__keeps_the_range": [("(pictures + 1) / 2", "pictures")],
    "bernoulli_reconstruction__swaps_colours": [("(pictures + 1)", "(1 - pictures)")],
    "bernoulli_reconstruction__forms_p": [
        ("white = ", "p, white = 1 / (1 + np.exp(-logits)), "),
        ("np.logaddexp(0, logits)", "-white * np.log(p) - (1 - white) * np.log(1 - p)"),
        (" - white * logits", ""),
    ],
    "bernoulli_reconstruction__forms_exp": [
        ("np.logaddexp(0, logits)", "np.log1p(np.exp(logits))")
    ],
    "bernoulli_reconstruction__forms_exp_of_minus": [
        ("np.logaddexp(0, logits)", "np.log1p(np.exp(-logits)) + logits")
    ],
    "bernoulli_reconstruction__clips_p": [
        ("white = ", "p, white = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7), "),
        ("np.logaddexp(0, logits)", "-white * np.log(p) - (1 - white) * np.log(1 - p)"),
        (" - white * logits", ""),
    ],
    "bernoulli_reconstruction__rounds": [("(pictures + 1) / 2", "pictures > 0")],
    "bernoulli_reconstruction__squares": [
        ("np.logaddexp(0, logits) - white * logits", "(white - logits) ** 2")
    ],
    "sampling_layer__variance": [("ops.exp(0.5 * log", "ops.exp(log")],
    "sampling_layer__log": [("ops.exp(0.5 * log_variance)", "log_variance")],
    "sampling_layer__no_mean": [("return mean + ", "return ")],
    "sampling_layer__same_noise_for_all_rows": [("ops.shape(mean)", "mean.shape[1:]")],
    "sampling_layer__same_noise_in_a_row": [("ops.shape(mean)", "(len(mean), 1)")],
    "sampling_layer__sums_the_units": [
        ("return mean + self", "return ops.sum(mean, 1) + self"),
        ("* noise", "* noise[:, 0]"),
        ("ops.exp(0.5 * log_variance)", "ops.exp(0.5 * log_variance[:, 0])"),
    ],
    "sampling_layer__temperature_of_the_variance": [
        ("self.temperature * ops", "self.temperature**0.5 * ops")
    ],
    "sampling_layer__ignores_temperature": [("self.temperature * ops", "ops")],
    "sampling_layer__fixed_noise": [("seed=self.generator", "seed=self.seed or 0")],
    "sampling_layer__ignores_the_seed": [("SeedGenerator(seed)", "SeedGenerator()")],
    "sampling_layer__forgets_the_rest": [("super().get_config() | own", "own")],
    "sampling_layer__no_get_config": [("get_config(self)", "configuration(self)")],
    "sampling_layer__generator_in_the_config": [
        ('"seed": self.seed', '"seed": self.generator')
    ],
    "sampling_layer__config_of_the_generator": [
        ('"seed": self.seed', '"seed": self.generator.get_config()')
    ],
    "sampling_layer__noise_of_numpy": [
        (
            "keras.random.SeedGenerator(seed)",
            "__import__('numpy').random.default_rng(seed)",
        ),
        (
            "keras.random.normal(ops.shape(mean), seed=self.generator)",
            "self.generator.normal(size=mean.shape).astype('float32')",
        ),
    ],
    "sampling_layer__config_without_the_seed": [('"seed": self.seed, ', "")],
    "bernoulli_reconstruction__first_channel": [
        ("nats.sum(axis=(1, 2, 3))", "nats[..., 0].sum(axis=(1, 2))")
    ],
    "bernoulli_reconstruction__averages_channels": [
        ("nats.sum(axis=(1, 2, 3))", "nats.sum(axis=(1, 2))")
    ],
    "sampling_layer__scales_the_mean": [
        (
            "return mean + self.temperature * ops",
            "return self.temperature * mean + ops",
        ),
        ("* noise", "* self.temperature * noise"),
    ],
    "sampling_layer__one_seed": [("SeedGenerator(seed)", "SeedGenerator(1)")],
    "sampling_layer__no_options": [
        ("temperature=1.0, **options", "temperature=1.0"),
        ("__init__(**options)", "__init__()"),
    ],
    "sampling_layer__two_arguments": [
        ("def call(self, inputs)", "def call(self, mean, log_variance)"),
        ("            mean, log_variance = inputs\n", ""),
    ],
    "sampling_layer__only_in_training": [("* noise", "* 0.0 * noise")],
    "sampling_layer__returns_a_layer": [("return Sampling", "return Sampling()")],
    "kl_to_prior__ignores_the_prior": "return 0.5 * np.sum(mean**2 "
    "+ np.exp(log_variance) - 1 - log_variance, axis=1)",
    "kl_to_prior__reversed": [
        (
            "centred = (mean",
            "log_variance, prior_log_variance = prior_log_variance, "
            "log_variance\n    centred = (mean",
        )
    ],
    "kl_to_prior__mean_not_scaled": [(" * np.exp(-0.5 * prior_log_variance)", "")],
    "kl_to_prior__mean_scaled_by_the_variance": [("np.exp(-0.5 *", "np.exp(-1 *")],
    "kl_to_prior__scaled_by_q": [("-0.5 * prior_log_variance", "-0.5 * log_variance")],
    "kl_to_prior__of_the_mean_prior": [
        ("mean - prior_mean)", "mean - prior_mean.mean(axis=0))")
    ],
    "kl_to_prior__only_shifts": [
        ("log_variance - prior_log", "log_variance - 0 * prior_log")
    ],
    "kl_to_prior__only_scales": [("(mean - prior_mean)", "mean")],
    "kl_to_prior__difference_of_two_terms": "def kl(m, v): return 0.5 * np.sum("
    "m**2 + np.exp(v) - 1 - v, axis=1)\n"
    "    return kl(mean, log_variance) - kl(prior_mean, prior_log_variance)",
    "kl_to_prior__one_number": [(", axis=1)", ")")],
    "kl_to_prior__keeps_the_units": [
        (
            "np.sum(centred**2 + np.exp(log_ratio) - 1 - log_ratio, axis=1)",
            "(centred**2 + np.exp(log_ratio) - 1 - log_ratio)",
        )
    ],
    "kl_to_prior__mean_of_units": [("np.sum(", "np.mean(")],
    "kl_to_prior__over_examples": [("axis=1", "axis=0")],
    "kl_to_prior__no_half": [("0.5 * np.sum", "np.sum")],
}
