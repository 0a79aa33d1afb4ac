"""Which capabilities an attacker can gain on a device, in which steps, and what cuts them off.

``analyse`` finds the cheapest attack paths to every goal and the Reach per ML input; ``cut_sets`` the smallest or
cheapest sets of security controls that leave no path; ``replay.check_path`` checks a path by the rules alone.
"""
