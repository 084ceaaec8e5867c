# KubeSpawner, "image": a name in upper case
c.KubeSpawner.image = "quay.io/Physics/Notebook:1.0"
# fails: line 2: c.KubeSpawner.image: the container 'notebook' has the image 'quay.io/Physics/Notebook:1.0', which is not a valid name of an image
