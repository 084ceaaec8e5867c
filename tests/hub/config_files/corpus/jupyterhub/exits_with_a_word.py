# A file that ends the process, and says why
raise SystemExit("no licence")
# stops: line 2: ends the hub: SystemExit('no licence')
