PYPY = False
