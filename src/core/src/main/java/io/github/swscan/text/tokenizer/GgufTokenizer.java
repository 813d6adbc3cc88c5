package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.text.tokenizer.TokenizerDescription.Numbered;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tokenizer in a GGUF file's metadata, as a tokenizer.json. It gives the tokens that llama.cpp gives for it, special
 * tokens in the text included. Two kinds are supported: {@code llama}, SentencePiece's byte-pair encoding with a score for
 * each token, and {@code gpt2}, byte-level byte-pair encoding with a list of merges and the name of a pre-tokenizer.
 */
public final class GgufTokenizer implements ConvertedTokenizer {

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String MODEL = PREFIX + "model";
    private static final String PRE = PREFIX + "pre";
    private static final String TOKENS = PREFIX + "tokens";
    private static final String SCORES = PREFIX + "scores";
    private static final String TYPES = PREFIX + "token_type";
    private static final String MERGES = PREFIX + "merges";
    private static final String BOS = PREFIX + "bos_token_id";
    private static final String EOS = PREFIX + "eos_token_id";
    private static final String UNKNOWN = PREFIX + "unknown_token_id";

    private static final String SENTENCEPIECE = "llama";
    private static final String BYTE_LEVEL = "gpt2";

    private static final String REMEDY = "put the model's tokenizer.json beside the file, or give --token-ids FILE";

    /** What stands for a space in SentencePiece's tokens. */
    private static final String SPACE = "\u2581";

    /** What a token is for; the numbers are those of llama.cpp. */
    private enum Kind {
        UNDEFINED(0),
        NORMAL(1),
        UNKNOWN(2),
        CONTROL(3),
        USER_DEFINED(4),
        UNUSED(5),
        BYTE(6);

        private final long number;

        Kind(long number) {
            this.number = number;
        }

        /** Found in a text before anything else is done with it. */
        boolean isFoundAsItIs() {
            return isSpecial() || this == USER_DEFINED;
        }

        boolean isSpecial() {
            return this == UNKNOWN || this == CONTROL;
        }

        boolean isJoined() {
            return !isSpecial() && this != BYTE;
        }
    }

    private record Token(int id, String text, Kind kind) {}

    private final GgufMetadata metadata;

    private GgufTokenizer(GgufMetadata metadata) {
        this.metadata = metadata;
    }

    /** The tokenizer of a file, be it supported or not; empty if the file has none. */
    public static Optional<GgufTokenizer> of(GgufMetadata metadata) {
        return metadata.keys().contains(TOKENS) ? Optional.of(new GgufTokenizer(metadata)) : Optional.empty();
    }

    @Override
    public Optional<InputException> refusal() {
        String model = model();
        if (!model.equals(SENTENCEPIECE) && !model.equals(BYTE_LEVEL)) {
            return refusal(MODEL, "the tokenizer " + PrintableText.quoted(model) + " is not supported");
        }
        if (model.equals(BYTE_LEVEL) && preTokenizer().isEmpty()) {
            return refusal(PRE, "the pre-tokenizer " + PrintableText.quoted(preTokenizerName()) + " is not supported");
        }
        return Optional.empty();
    }

    private Optional<InputException> refusal(String field, String problem) {
        return Optional.of(new UnsupportedInputException(metadata.file(), field, problem, REMEDY));
    }

    private String model() {
        return metadata.text(MODEL).orElseThrow(() -> malformed(MODEL, "is missing"));
    }

    private Optional<PreTokenizer> preTokenizer() {
        return PreTokenizer.named(preTokenizerName());
    }

    /** Files from before there were several name none, which llama.cpp takes for the first one that it had. */
    private String preTokenizerName() {
        return metadata.text(PRE).orElse("default");
    }

    @Override
    public Path file() {
        return metadata.file();
    }

    @Override
    public byte[] json() {
        refusal().ifPresent(refusal -> {
            throw refusal;
        });
        List<Token> tokens = tokens();
        Map<String, Integer> ids = ids(tokens);
        boolean sentencePiece = model().equals(SENTENCEPIECE);
        ObjectNode frame = sentencePiece ? sentencePiece(tokens) : byteLevel();
        return new TokenizerDescription(
                        addedTokens(tokens),
                        frame.get("normalizer"),
                        frame.get("pre_tokenizer"),
                        frame.get("decoder"),
                        before(tokens),
                        after(tokens),
                        (ObjectNode) frame.get("model"),
                        new Vocabulary.Merged(ids, sentencePiece ? scoredMerges(tokens) : listedMerges(ids)))
                .json();
    }

    private List<Token> tokens() {
        List<String> texts = metadata.list(TOKENS, String.class);
        List<Long> types = metadata.list(TYPES, Long.class);
        if (texts.isEmpty()) {
            throw malformed(TOKENS, "is empty");
        }
        if (metadata.keys().contains(TYPES) && types.size() != texts.size()) {
            throw malformed(TYPES, "has " + types.size() + " entries for " + texts.size() + " tokens");
        }
        List<Token> tokens = new ArrayList<>();
        for (int id = 0; id < texts.size(); id++) {
            tokens.add(new Token(id, texts.get(id), types.isEmpty() ? Kind.NORMAL : kind(types.get(id))));
        }
        return tokens;
    }

    private Kind kind(long number) {
        for (Kind kind : Kind.values()) {
            if (kind.number == number) {
                return kind;
            }
        }
        throw malformed(TYPES, "has " + number + ", which is no type of token");
    }

    /** A text without characters stands for no token: llama.cpp puts in a name of its own, which no text holds. */
    private Map<String, Integer> ids(List<Token> tokens) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Token token : tokens) {
            Integer other = token.text().isEmpty() ? null : ids.putIfAbsent(token.text(), token.id());
            if (other != null) {
                throw malformed(
                        TOKENS,
                        "has " + PrintableText.quoted(token.text()) + " twice, as tokens " + other + " and "
                                + token.id());
            }
        }
        return ids;
    }

    private static List<Numbered> addedTokens(List<Token> tokens) {
        return tokens.stream()
                .filter(token -> token.kind().isFoundAsItIs() && !token.text().isEmpty())
                .map(token -> new Numbered(
                        token.id(), AddedToken.of(token.text(), token.kind().isSpecial())))
                .toList();
    }

    private ObjectNode sentencePiece(List<Token> tokens) {
        boolean spaceBefore = metadata.flag(PREFIX + "add_space_prefix").orElse(true);
        ObjectNode frame = object();
        ArrayNode normalizers = steps(frame, "normalizer", "normalizers");
        ArrayNode decoders = steps(frame, "decoder", "decoders");
        if (spaceBefore) {
            normalizers.add(step("Prepend").put("prepend", SPACE));
        }
        normalizers.add(replacement(" ", SPACE));
        decoders.add(replacement(SPACE, " "));
        decoders.add(step("ByteFallback"));
        decoders.add(step("Fuse"));
        if (spaceBefore) {
            decoders.add(step("Strip").put("content", " ").put("start", 1).put("stop", 0));
        }
        frame.putNull("pre_tokenizer");
        frame.set(
                "model",
                step("BPE")
                        .put(
                                "unk_token",
                                token(tokens, UNKNOWN, Optional.of(0L)).text())
                        .put("fuse_unk", true)
                        .put("byte_fallback", true));
        return frame;
    }

    private ObjectNode byteLevel() {
        PreTokenizer preTokenizer = preTokenizer().orElseThrow();
        ObjectNode frame = object();
        frame.set(
                "normalizer",
                preTokenizer
                        .normalizer()
                        .<JsonNode>map(GgufTokenizer::step)
                        .orElse(JsonNodeFactory.instance.nullNode()));
        ArrayNode splits = steps(frame, "pre_tokenizer", "pretokenizers");
        for (String pattern : preTokenizer.patterns()) {
            ObjectNode split = step("Split").put("behavior", "Isolated").put("invert", false);
            split.putObject("pattern").put("Regex", pattern);
            splits.add(split);
        }
        splits.add(bytes());
        frame.set("decoder", bytes());
        frame.set("model", step("BPE").put("ignore_merges", preTokenizer.ignoreMerges()));
        return frame;
    }

    private List<Numbered> before(List<Token> tokens) {
        boolean sentencePiece = model().equals(SENTENCEPIECE);
        boolean bosByDefault = sentencePiece || preTokenizer().orElseThrow().addBos();
        return metadata.flag(PREFIX + "add_bos_token").orElse(bosByDefault)
                ? List.of(special(token(tokens, BOS, Optional.of(1L).filter(id -> sentencePiece))))
                : List.of();
    }

    private List<Numbered> after(List<Token> tokens) {
        boolean sentencePiece = model().equals(SENTENCEPIECE);
        return metadata.flag(PREFIX + "add_eos_token").orElse(false)
                ? List.of(special(token(tokens, EOS, Optional.of(2L).filter(id -> sentencePiece))))
                : List.of();
    }

    private static Numbered special(Token token) {
        return new Numbered(token.id(), AddedToken.special(token.text()));
    }

    private Token token(List<Token> tokens, String key, Optional<Long> byDefault) {
        long id = metadata.integer(key).or(() -> byDefault).orElseThrow(() -> malformed(key, "is missing"));
        if (id < 0 || id >= tokens.size()) {
            throw malformed(key, "is " + id + ", but there are " + tokens.size() + " tokens");
        }
        return tokens.get((int) id);
    }

    private List<Merge> scoredMerges(List<Token> tokens) {
        List<Double> scores = metadata.list(SCORES, Double.class);
        if (scores.size() != tokens.size()) {
            throw malformed(SCORES, "has " + scores.size() + " entries for " + tokens.size() + " tokens");
        }
        if (!scores.stream().allMatch(Double::isFinite)) {
            throw malformed(SCORES, "has a score that is no number");
        }
        Map<String, Double> joined = new LinkedHashMap<>();
        tokens.stream()
                .filter(token -> token.kind().isJoined() && !token.text().isEmpty())
                .forEach(token -> joined.put(token.text(), scores.get(token.id())));
        try {
            return ScoredMerges.of(joined);
        } catch (IllegalArgumentException tooMuch) {
            throw malformed(TOKENS, tooMuch.getMessage());
        }
    }

    private List<Merge> listedMerges(Map<String, Integer> ids) {
        if (!metadata.keys().contains(MERGES)) {
            throw malformed(MERGES, "is missing");
        }
        try {
            return ListedMerges.of(metadata.list(MERGES, String.class), ids);
        } catch (IllegalArgumentException e) {
            throw malformed(MERGES, e.getMessage());
        }
    }

    private static ObjectNode replacement(String from, String to) {
        ObjectNode replacement = step("Replace").put("content", to);
        replacement.putObject("pattern").put("String", from);
        return replacement;
    }

    private static ObjectNode bytes() {
        return step("ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", false);
    }

    private static ArrayNode steps(ObjectNode frame, String section, String name) {
        ObjectNode sequence = step("Sequence");
        frame.set(section, sequence);
        return sequence.putArray(name);
    }

    private static ObjectNode step(String type) {
        return object().put("type", type);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private MalformedInputException malformed(String field, String problem) {
        return new MalformedInputException(metadata.file(), field, problem, REMEDY);
    }
}
