"""Encodes JSON strings, a line each, with a SentencePiece model: prints [[ids], [[begin, end] in bytes]] a line.

Usage: sentencepiece_peer.py MODEL < texts
"""

import json
import sys

import sentencepiece

processor = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
for line in sys.stdin:
    pieces = processor.encode(json.loads(line), return_type="proto").pieces
    print(json.dumps([[piece.id for piece in pieces], [[piece.begin, piece.end] for piece in pieces]]))
