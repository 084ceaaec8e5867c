"""`python -m jupyterhub_openshift.idle_culler`: the idle culler, a process of its own, with a log of JSON."""

from jupyterhub_idle_culler import IdleCuller
from traitlets.config import Config

from .logs import LOGGING, take_stderr

if __name__ == "__main__":
    take_stderr()
    IdleCuller.launch_instance(config=Config({"Application": {"logging_config": LOGGING}}))
