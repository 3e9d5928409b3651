from live_kernel.shell import SHELL


class InteractiveShell:
    @staticmethod
    def instance():
        return SHELL

    @staticmethod
    def initialized():
        return True
