"""Helpers of tests are in modules of their own: no module imports a test module."""

import grimp


def test_no_module_imports_a_test_module():
    graph = grimp.build_graph("tests", "docs", "bench", cache_dir=None)
    tests = {module for module in graph.modules if module.rpartition(".")[2].startswith("test_")}
    assert "tests.test_imports" in tests
    assert {test: found for test in tests if (found := graph.find_modules_that_directly_import(test))} == {}
