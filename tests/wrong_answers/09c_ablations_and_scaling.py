"""Plausible wrong answers to the exercises of lesson 09c."""

import numpy as np


def fit_power_law__slope_as_it_is(sizes, losses):
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return np.exp(height), slope


def fit_power_law__logarithm_of_the_factor(sizes, losses):
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return height, -slope


def fit_power_law__bases_mixed(sizes, losses):
    slope, height = np.polyfit(np.log10(sizes), np.log10(losses), 1)
    return np.exp(height), -slope


def fit_power_law__no_logarithms(sizes, losses):
    slope, height = np.polyfit(sizes, losses, 1)
    return height, -slope


def fit_power_law__losses_without_logarithm(sizes, losses):
    slope, height = np.polyfit(np.log(sizes), losses, 1)
    return np.exp(height), -slope


def fit_power_law__height_first(sizes, losses):
    height, slope = np.polyfit(np.log(sizes), np.log(losses), 1)
    return np.exp(height), -slope


def fit_power_law__exponent_first(sizes, losses):
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return -slope, np.exp(height)


def fit_power_law__axes_swapped(sizes, losses):
    slope, height = np.polyfit(np.log(losses), np.log(sizes), 1)
    return np.exp(height), -slope


def fit_power_law__first_and_last(sizes, losses):
    exponent = np.log(losses[0] / losses[-1]) / np.log(sizes[-1] / sizes[0])
    return losses[0] * sizes[0] ** exponent, exponent


def fit_power_law__through_the_first(sizes, losses):
    exponent = -np.polyfit(np.log(sizes), np.log(losses), 1)[0]
    return losses[0] * sizes[0] ** exponent, exponent


def fit_power_law__mean_of_factors(sizes, losses):
    exponent = -np.polyfit(np.log(sizes), np.log(losses), 1)[0]
    return np.mean(losses * sizes**exponent), exponent


def num_parameters__output_counted_too(vocabulary_size, context, width, num_blocks):
    tables = (2 * vocabulary_size + context) * width
    return tables + num_blocks * (12 * width**2 + 2 * width) + width


def num_parameters__output_bias(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width + vocabulary_size
    return tables + num_blocks * (12 * width**2 + 2 * width) + width


def num_parameters__no_positions(vocabulary_size, context, width, num_blocks):
    return vocabulary_size * width + num_blocks * (12 * width**2 + 2 * width) + width


def num_parameters__no_output_projection(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (11 * width**2 + 2 * width) + width


def num_parameters__one_dense_layer(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (4 * width**2 + 4 * width**2 + 2 * width) + width


def num_parameters__biases(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    attention, dense = 4 * (width**2 + width), 8 * width**2 + 5 * width
    return tables + num_blocks * (attention + dense + 2 * width) + width


def num_parameters__offsets_of_norms(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (12 * width**2 + 4 * width) + 2 * width


def num_parameters__one_norm_a_block(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (12 * width**2 + width) + width


def num_parameters__no_last_norm(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (12 * width**2 + 2 * width)


def num_parameters__no_norms(vocabulary_size, context, width, num_blocks):
    return (vocabulary_size + context) * width + num_blocks * 12 * width**2


def num_parameters__one_block(vocabulary_size, context, width, num_blocks):
    return (vocabulary_size + context) * width + 12 * width**2 + 3 * width


def num_parameters__float(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return tables + num_blocks * (1.2e1 * width**2 + 2 * width) + width


def num_parameters__rounded_float(vocabulary_size, context, width, num_blocks):
    tables = (vocabulary_size + context) * width
    return int(tables + num_blocks * (12 * width**2.0 + 2 * width) + width)


def num_parameters__overflows(vocabulary_size, context, width, num_blocks):
    shapes = [(vocabulary_size, width), (context, width), (width, 1)]
    block = [(width, width)] * 4 + [(width, 4 * width)] * 2 + [(width, 1)] * 2
    return sum(np.prod(shape) for shape in shapes + num_blocks * block)
