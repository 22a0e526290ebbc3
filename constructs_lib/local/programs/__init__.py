"""What runs in the processes of steps, each file by its path: standard library only, Python 3.9.

The files stand alone, because the interpreter of a step need not have this library. They have a
folder of their own, because a program's folder is where Python looks for modules first.
"""
