# SPDX-License-Identifier: Apache-2.0
"""The leaves of a mail as Python's email package sees them, with the path of each: what the parts
of eml-expect in the corpora are numbered by."""
import email
import email.policy


def leaves(message):
    """Path, part and decoded content of each leaf of the bytes @message."""
    found = []

    def visit(part, path):
        if part.is_multipart():
            for number, child in enumerate(part.get_payload(), 1):
                visit(child, path + [number])
        else:
            found.append((".".join(map(str, path or [1])), part,
                          part.get_payload(decode=True) or b""))

    visit(email.message_from_bytes(message, policy=email.policy.compat32), [])
    return found


def header(message):
    """The header fields of the bytes @message."""
    return email.message_from_bytes(message, policy=email.policy.compat32)
