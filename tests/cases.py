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

# How learners ask for each lab.
LAB_REQUESTS = {
    "train_perceptron": {
        "en": "Show me a single layer and a multilayer net on XOR",
        "ko": "XOR를 단층이랑 다층으로 보여줘",
    },
    "adaline": {"en": "Show me ADALINE beside the perceptron", "ko": "아달린이랑 퍼셉트론 규칙을 비교해서 보여줘"},
    "backpropagation": {
        "en": "Show me backpropagation learning the two spirals",
        "ko": "역전파로 나선 두 개를 배우는 걸 보여줘",
    },
    "vanishing_gradient": {"en": "Show me how gradients vanish in a deep network", "ko": "기울기 소실을 직접 보여 줘"},
    "memory": {
        "en": "Run the experiment where an LSTM remembers longer than an RNN",
        "ko": "RNN이 진짜 까먹는지 보여줘",
    },
    "cnn_vs_dense": {
        "en": "Show me why convolution saves parameters",
        "ko": "합성곱 신경망이랑 완전연결 신경망을 비교 실험해 줘",
    },
    "alexnet_tricks": {"en": "Show me what dropout does", "ko": "드롭아웃을 켜고 끈 차이를 실험으로 보여 줘"},
    "embeddings": {"en": "Show me word embeddings and their neighbours", "ko": "단어 임베딩을 보여줘"},
    "attention": {
        "en": "Show me seq2seq with and without attention",
        "ko": "어텐션이 있을 때랑 없을 때를 직접 돌려서 보여줘",
    },
    "transformer": {
        "en": "Run a tiny transformer and show its heads",
        "ko": "작은 트랜스포머를 학습시켜서 셀프 어텐션을 보여줘",
    },
    "masked": {
        "en": "Show me how BERT fills a blank and GPT continues",
        "ko": "BERT처럼 빈칸 채우기랑 GPT처럼 이어 쓰기를 비교해서 보여줘",
    },
    "tokens": {"en": "Show me how byte-pair encoding cuts a sentence into tokens", "ko": "토큰화 과정을 보여줘"},
    "next_token": {"en": "Show me the probabilities of the next token", "ko": "다음 토큰 확률을 보여 줘"},
    "scaling": {"en": "Run the scaling law experiment", "ko": "스케일링 법칙을 실험으로 보여 줘"},
    "dense_retrieval": {
        "en": "Show me where my question lands in vector search",
        "ko": "질문이 어디 떨어지는지 벡터 검색을 보여줘",
    },
    "rlhf": {"en": "Run RLHF on a tiny policy and show me", "ko": "사람 피드백으로 강화 학습하는 걸 보여줘"},
    "lora": {"en": "Run LoRA on a small network", "ko": "로라로 미세 조정하는 걸 보여줘"},
}
