"""The host directories that containers see, and the builds' download cache."""

BUILD_CACHE = "var/cache/build"  # the download cache as builds see it
ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # links into /usr since "merged /usr"
HOST_ETC = (  # needed by programs of the host's /usr
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "ld.so.cache",
    "localtime",
    "pki",
    "ssl",
)
