# KubeSpawner, "service_account"
c.KubeSpawner.service_account = "reader"
c.KubeSpawner.automount_service_account_token = True
