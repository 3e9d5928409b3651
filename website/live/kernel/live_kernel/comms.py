"""The Jupyter widget protocol between this kernel and the page."""

import json

import comm
from comm.base_comm import BaseComm, CommManager

from live_kernel import outputs
from live_kernel.shell import CONTEXT

manager = CommManager()
owners = {}  # comm_id -> the cell that opened it


class PageComm(BaseComm):
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        content = {"comm_id": self.comm_id, "data": data or {}}
        if msg_type == "comm_open":
            owners[self.comm_id] = outputs.cell
            content["target_name"] = keys.get("target_name") or self.target_name
        elif msg_type == "comm_close":
            owners.pop(self.comm_id, None)
        outputs.send(
            {"type": "comm", "msg_type": msg_type, "content": content, "metadata": metadata or {}}, buffers or ()
        )


def install():
    comm.create_comm = PageComm
    comm.get_comm_manager = lambda: manager


def receive(text, buffers):
    """A message from the page. What its callbacks print or raise is shown below the widget's own cell."""
    CONTEXT.run(handle, json.loads(text), buffers)


def handle(message, buffers):
    message["buffers"] = [memoryview(buffer) for buffer in buffers]
    comm_id = message["content"]["comm_id"]
    outputs.begin(owners.get(comm_id))
    target = manager.comms.get(comm_id)
    try:
        if message["header"]["msg_type"] == "comm_open":
            manager.comm_open(None, None, message)
        elif target is None:
            return
        elif message["header"]["msg_type"] == "comm_msg":
            target.handle_msg(message)
        else:
            manager.comm_close(None, None, message)
    except (Exception, KeyboardInterrupt) as error:
        del outputs.captures[:]
        outputs.show_error(error)
    finally:
        outputs.flush()


def close_widgets_of(cell):
    """Close what an earlier run of this cell made: Jupyter would keep it for ever, and a page is long-lived."""
    mine = [comm_id for comm_id, owner in owners.items() if owner == cell]
    if mine:
        from ipywidgets.widgets.widget import _instances

        for comm_id in mine:
            widget = _instances.get(comm_id)
            if widget is not None:
                widget.close()
            owners.pop(comm_id, None)


def patch_output(module):
    """Let ipywidgets' `Output` gather here what is shown inside it (in Jupyter the front end does that)."""

    def enter(self):
        outputs.flush()
        outputs.captures.append(outputs.Capture(self))
        return self

    def leave(self, kind, error, trace):
        handled = kind is not None and issubclass(kind, Exception)
        if handled:
            outputs.show_error(error)
        outputs.flush()
        if outputs.captures:
            outputs.captures.pop().commit()
        return handled

    module.Output.__enter__, module.Output.__exit__ = enter, leave
