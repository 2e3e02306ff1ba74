"""The one error by which a command says that it cannot do what was asked."""


class Unable(Exception):
    """What was asked cannot be done, and it is no defect of ours.

    The message says what happened, to what, and what to do; the command line prints it alone and exits with `status`.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
