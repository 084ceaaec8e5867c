# KubeSpawner, "subclass": a class with settings of its own
from kubespawner import KubeSpawner
from traitlets import Unicode


class CourseSpawner(KubeSpawner):
    course = Unicode(config=True)

    async def get_pod_manifest(self):
        pod = await super().get_pod_manifest()
        pod.metadata.annotations["course"] = self.course
        return pod


c.JupyterHub.spawner_class = CourseSpawner
c.CourseSpawner.course = "physics"
