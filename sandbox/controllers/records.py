"""Pods whose work this process does itself: deployer and build pods.

They are objects like any other, made through admission (so they count against the quota), with phases and a
log, and `oc get pods` lists them as Completed or Error. The kubelet leaves them alone: their node is another.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import now
from sandbox.controllers.loop import Cluster, Controller
from sandbox.controllers.objects import is_going

NODE = "controllers"


def is_record(pod: Obj) -> bool:
    """Return True for a pod whose work a controller does instead of the kubelet."""
    return bool(pod["spec"].get("nodeName") == NODE)


class Records(Controller):
    """Removes deleted deployer and build pods, as the kubelet does for the pods it runs."""

    watches = ("pods",)

    def reconcile(self) -> float | None:
        """Remove the pods marked for deletion; they have no process to stop."""
        for pod in self.store.look("pods"):
            if is_record(pod) and is_going(pod):
                self.store.remove("pods", pod["metadata"]["name"])
        return None


class PodRecord:
    """One deployer or build pod, by name."""

    def __init__(self, cluster: Cluster, name: str, container: str) -> None:
        self.cluster = cluster
        self.name = name
        self.container = container

    @property
    def log(self) -> Path:
        """The file that `oc logs` prints."""
        return self.cluster.record_log(self.name)

    def create(self, meta: Obj, service_account: str, resources: Obj) -> Obj:
        """Create the pod; raises StatusError when admission refuses it."""
        spec = {
            "nodeName": NODE,
            "restartPolicy": "Never",
            "serviceAccountName": service_account,
            "containers": [
                {"name": self.container, "image": f"sandbox/{service_account}", "resources": resources}
            ],
        }
        pod = {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec}
        created = self.cluster.create("pods", pod, service_account)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        return created

    def say(self, text: str) -> None:
        """Append a line to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            log.write(text + "\n")

    def run(self) -> None:
        """Set the pod to Running."""
        self._status("Running", {"running": {"startedAt": now()}}, ready=True)

    def end(self, *, succeeded: bool) -> None:
        """Set the pod to Completed or Error."""
        code, reason = (0, "Completed") if succeeded else (1, "Error")
        ended = {"exitCode": code, "reason": reason, "finishedAt": now()}
        self._status("Succeeded" if succeeded else "Failed", {"terminated": ended}, ready=False)

    def _status(self, phase: str, state: Obj, *, ready: bool) -> None:
        pod = self.cluster.store.find("pods", self.name)
        if pod is None:
            return
        old = pod.get("status", {})
        started = old.get("startTime", now())
        if "terminated" in state:
            state["terminated"]["startedAt"] = started
        container = {
            "name": self.container,
            "image": pod["spec"]["containers"][0]["image"],
            "imageID": "",
            "ready": ready,
            "started": ready,
            "restartCount": 0,
            "state": state,
            "lastState": {},
        }
        is_ready = "True" if ready else "False"
        conditions = [
            {
                "type": kind,
                "status": is_ready if kind.endswith("Ready") else "True",
                "lastTransitionTime": now(),
            }
            for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ]
        status = {**old, "phase": phase, "startTime": started, "conditions": conditions}
        status["containerStatuses"] = [container]
        self.cluster.store.modify("pods", self.name, lambda pod: pod.update(status=status))
