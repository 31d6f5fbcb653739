"""Strategies of other hands: the user's folder and installed packages, run in a process of their own.

The process has no key and nothing to reach the exchange with: columns go in, signals come out. What hangs, dies or
talks garbage is killed, and the process is started again without it.
"""
