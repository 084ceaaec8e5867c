# A file that ends the process
import sys

sys.exit(0)
# stops: line 4: ends the hub: SystemExit(0)
