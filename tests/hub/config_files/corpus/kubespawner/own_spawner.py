# KubeSpawner: a subclass in the configuration file
from kubespawner import KubeSpawner
from traitlets import Unicode


class CourseSpawner(KubeSpawner):
    course = Unicode("physics", config=True)

    def get_env(self):
        return {**super().get_env(), "COURSE": self.course}


c.JupyterHub.spawner_class = CourseSpawner
c.CourseSpawner.course = "maths"
