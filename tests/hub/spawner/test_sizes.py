"""The sizes that users may choose from."""

import pytest
from pydantic import ValidationError

from jupyterhub_openshift.spawner.sizes import Size, size_option, toleration

from .pods import manifest


def option(**sizes: dict) -> dict:
    return size_option({name: Size(**size) for name, size in sizes.items()})


def test_each_size_is_a_choice_with_its_limits():
    sizes = {"Small": {"cpu": "500m", "memory": "1Gi"}, "Large": {"cpu": 4, "memory": "16Gi"}}
    sizes["Large"] |= {"cpu_request": 1, "memory_request": "8Gi"}
    assert option(**sizes) == {
        "size": {
            "display_name": "Size",
            "choices": {
                "small": {
                    "display_name": "Small (0.5 CPU, 1 GiB memory)",
                    "kubespawner_override": {
                        "size": "Small",
                        "extra_resource_limits": {},
                        "cpu_limit": 0.5,
                        "cpu_guarantee": None,
                        "mem_limit": 1024**3,
                        "mem_guarantee": None,
                    },
                },
                "large": {
                    "display_name": "Large (4 CPU, 16 GiB memory)",
                    "kubespawner_override": {
                        "size": "Large",
                        "extra_resource_limits": {},
                        "cpu_limit": 4.0,
                        "cpu_guarantee": 1.0,
                        "mem_limit": 16 * 1024**3,
                        "mem_guarantee": 8 * 1024**3,
                    },
                },
            },
        }
    }


def test_a_size_resets_the_gpu_of_another_size():
    choices = option(Plain={}, GPU={"gpu": 1}, AMD={"resources": {"amd.com/gpu": 2}})["size"]["choices"]
    assert {
        name: (choice["display_name"], choice["kubespawner_override"]["extra_resource_limits"])
        for name, choice in choices.items()
    } == {
        "plain": ("Plain", {"amd.com/gpu": None, "nvidia.com/gpu": None}),
        "gpu": ("GPU (1 GPU)", {"amd.com/gpu": None, "nvidia.com/gpu": "1"}),
        "amd": ("AMD (2 amd.com/gpu)", {"amd.com/gpu": "2", "nvidia.com/gpu": None}),
    }


def test_without_sizes_there_is_no_option():
    assert size_option({}) == {}


def test_names_are_escaped():
    ((key, choice),) = option(**{"<b>": {}})["size"]["choices"].items()
    assert (key[:2], choice["display_name"]) == ("b-", "&lt;b&gt;")


def test_similar_names_of_sizes_stay_different_choices():
    assert len(option(**{"A": {}, "A!": {}, "Ä": {}})["size"]["choices"]) == 3


@pytest.mark.parametrize(
    ("taint", "expected"),
    [
        ("nvidia.com/gpu", {"key": "nvidia.com/gpu", "operator": "Exists"}),
        ("gpu:NoSchedule", {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}),
        ("dedicated=gpu", {"key": "dedicated", "operator": "Equal", "value": "gpu"}),
        (
            "dedicated=:NoExecute",
            {"key": "dedicated", "operator": "Equal", "value": "", "effect": "NoExecute"},
        ),
    ],
)
def test_a_toleration_is_written_like_a_taint(taint, expected):
    assert toleration(taint) == expected


@pytest.mark.parametrize("taint", ["", "gpu:Never", "a b", "=x"])
def test_another_text_is_no_taint(taint):
    with pytest.raises(
        ValidationError, match=r"is not a taint such as nvidia.com/gpu, or dedicated=gpu:NoSch"
    ):
        Size(tolerations=[taint])


async def test_a_size_chooses_nodes_beside_what_the_configuration_sets(spawner_of):
    spawner = spawner_of("alice")
    spawner.node_selector = {"zone": "a"}
    spawner.tolerations = [{"key": "spot", "operator": "Exists"}]
    spawner.sizes = {
        "Small": {},
        "GPU": {"gpu": 1, "node_selector": {"gpu": "a100"}, "tolerations": ["nvidia.com/gpu:NoSchedule"]},
    }
    both = []
    for size in ("gpu", "small"):
        spawner.user_options = {"profile": "minimal-notebook:3.12", "size": size}
        await spawner.load_user_options()
        spec = (await manifest(spawner))["spec"]
        both.append((spec["nodeSelector"], [each["key"] for each in spec["tolerations"]]))
    assert both == [({"zone": "a", "gpu": "a100"}, ["spot", "nvidia.com/gpu"]), ({"zone": "a"}, ["spot"])]
