"""Deliveries of webhooks, checked by the library of the specification (PyPI: standardwebhooks).

    python3 webhook.py SECRET FILE      FILE: a JSON array of {id, timestamp, signature, body}
"""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def main() -> int:
    secret, path = sys.argv[1:]
    webhook = Webhook(secret)
    with open(path, encoding="utf-8") as file:
        deliveries = json.load(file)
    for delivery in deliveries:
        headers = {f"webhook-{name}": delivery[name] for name in ("id", "timestamp", "signature")}
        webhook.verify(delivery["body"], headers)
        for changed in (
            (delivery["body"].replace("newsroom", "newsrooms", 1), headers),
            (delivery["body"], headers | {"webhook-id": "newsroom_2026_999"}),
            (delivery["body"], headers | {"webhook-timestamp": str(int(delivery["timestamp"]) - 1)}),
        ):
            try:
                webhook.verify(*changed)
            except WebhookVerificationError:
                continue
            print(f"{delivery['id']}: holds although it was changed")
            return 1
    print(f"{len(deliveries)} deliveries hold")
    return 0


sys.exit(main())
