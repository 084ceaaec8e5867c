# KubeSpawner, "mem_guarantee": more than the limit
c.KubeSpawner.mem_limit = "1G"
c.KubeSpawner.mem_guarantee = "2G"
# fails: line 3: c.KubeSpawner.mem_guarantee: the container 'notebook' requests more memory (2147483648) than its limit (1073741824)
