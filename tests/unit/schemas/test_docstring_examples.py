"""The examples in docstrings run, in the packages that need nothing from outside."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import schemas
import streams.core

MODULES = [
    f"{package.__name__}.{found.name}"
    for package in (schemas, streams.core)
    for found in iter_modules(package.__path__)
    if not found.ispkg
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
