# KubeSpawner, "environment": JSON
import json

c.KubeSpawner.environment = {"OPTIONS": json.dumps({"a": {"b": 1}}), "PROMPT": "${USER}> "}
c.KubeSpawner.extra_annotations = {"k8s.v1.cni.cncf.io/networks": '[{"name": "net", "ips": ["10.1.1.1"]}]'}
