#!/usr/bin/env python3
"""Makes regions.mmdb, a file in MaxMind's format with a handful of networks, beside this script.

The format: https://maxmind.github.io/MaxMind-DB/. A binary tree of IPv6 addresses (IPv4 ones at ::/96), each record 24
bits, then the data, then what the file is. The networks are those that are kept for examples (RFC 5737, RFC 3849), so
no visitor has one; time and order are fixed, so the file is the same on every machine.
"""
from ipaddress import ip_network
from pathlib import Path

NETWORKS = {
    "192.0.2.0/25": {"country": {"iso_code": "GB"}},
    "192.0.2.128/25": {"country": {"iso_code": "CH"}},
    "198.51.100.0/25": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]},
    "198.51.100.128/25": {"country": {"iso_code": "US"}},
    "203.0.113.0/26": {"country": {"iso_code": "FR"}, "subdivisions": [{"iso_code": "IDF"}, {"iso_code": "75"}]},
    # Nobody knows the country; a word where a code should be; no country at all.
    "203.0.113.64/26": {"registered_country": {"iso_code": "US"}},
    "203.0.113.128/26": {"country": {"iso_code": "Narnia"}},
    "203.0.113.192/26": {"country": 7},
    "2001:db8:1::/48": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]},
}
MAP, ARRAY, TEXT, UINT16, UINT32, UINT64 = 7, 11, 2, 5, 6, 9


def head(kind, size):
    assert size < 29, "short values only"
    return bytes([size, kind - 7]) if kind > 7 else bytes([kind << 5 | size])


def number(kind, value):
    data = value.to_bytes(8, "big").lstrip(b"\0")
    return head(kind, len(data)) + data


def encoded(value):
    if isinstance(value, dict):
        return head(MAP, len(value)) + b"".join(encoded(key) + encoded(value[key]) for key in sorted(value))
    if isinstance(value, list):
        return head(ARRAY, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, bytes):
        return value
    return number(UINT32, value) if isinstance(value, int) else head(TEXT, len(value.encode())) + value.encode()


def bits(network):
    network = ip_network(network)
    prefix = network.prefixlen + (96 if network.version == 4 else 0)
    return format(int(network.network_address), "0128b")[:prefix]


nodes, data = [[None, None]], b""
for network, record in NETWORKS.items():
    path, at = bits(network), 0
    for bit in path[:-1]:
        if nodes[at][int(bit)] is None:
            nodes.append([None, None])
            nodes[at][int(bit)] = len(nodes) - 1
        at = nodes[at][int(bit)]
    nodes[at][int(path[-1])] = -1 - len(data)
    data += encoded(record)

count = len(nodes)
record = lambda to: count if to is None else count + 16 - 1 - to if to < 0 else to
tree = b"".join(record(to).to_bytes(3, "big") for node in nodes for to in node)
metadata = {
    "binary_format_major_version": number(UINT16, 2),
    "binary_format_minor_version": number(UINT16, 0),
    "build_epoch": number(UINT64, 1795426200),
    "database_type": "Regions for tests",
    "description": {"en": "Networks for examples"},
    "ip_version": number(UINT16, 6),
    "languages": ["en"],
    "node_count": number(UINT32, count),
    "record_size": number(UINT16, 24),
}
file = tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(metadata)
Path(__file__).with_name("regions.mmdb").write_bytes(file)
