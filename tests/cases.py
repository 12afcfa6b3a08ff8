"""Texts that every part must bear: Korean, English, mixed, Unicode taken apart, emoji. (text, its language)"""

import unicodedata

TEXTS = [
    ("퍼셉트론은 누가 만들었어?", "ko"),
    ("Who invented the perceptron?", "en"),
    ("XOR 문제는 왜 어려워?", "ko"),
    ("GPT-3의 파라미터는 몇 개야?", "ko"),
    ("AlexNet이 ImageNet에서 우승한 해는?", "ko"),
    ("Attention is all you need 논문은 언제 나왔어?", "ko"),
    ("Who is 로젠블라트?", "en"),
    ("the 퍼셉트론 paper", "en"),
    ("What is RLHF인가요?", "ko"),
    (unicodedata.normalize("NFD", "퍼셉트론은 누가 만들었어?"), "ko"),
    (unicodedata.normalize("NFD", "Jürgen Schmidhuber's LSTM"), "en"),
    ("퍼셉트론이 뭐야? 🤖👨‍👩‍👧", "ko"),
    ("Explain dropout 🙏", "en"),
    ("LSTM", "en"),
    ("😀", "en"),
    ("???", "en"),
    ("", "en"),
]
