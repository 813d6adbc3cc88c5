package io.github.swscan.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tokenizer files: that of a sample model, and tiny ones of a few words. */
final class TokenizerFiles {

    static final Path SAMPLE = Path.of("models-sample", "super-weight-1.5m", "tokenizer.json");
    static final int SAMPLE_VOCABULARY = 1024;

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_SINGLE_QUOTES).build();

    private TokenizerFiles() {}

    /** Words a, b and c are 3, 4 and 5, any other is 0; no special tokens are added. */
    static ObjectNode words() {
        return (ObjectNode) json("""
                {'version': '1.0', 'truncation': null, 'padding': null,
                 'added_tokens': [
                   {'id': 1, 'content': '<s>', 'single_word': false, 'lstrip': false, 'rstrip': false,
                    'normalized': false, 'special': true},
                   {'id': 2, 'content': '</s>', 'single_word': false, 'lstrip': false, 'rstrip': false,
                    'normalized': false, 'special': true}],
                 'normalizer': null, 'pre_tokenizer': {'type': 'WhitespaceSplit'}, 'post_processor': null,
                 'decoder': null,
                 'model': {'type': 'WordLevel', 'unk_token': '<unk>',
                           'vocab': {'<unk>': 0, '<s>': 1, '</s>': 2, 'a': 3, 'b': 4, 'c': 5}}}
                """);
    }

    /** The words with special tokens around every text; {@code A} stands for the text. */
    static ObjectNode wordsWithin(String... template) {
        StringBuilder pieces = new StringBuilder();
        for (String piece : template) {
            String kind = piece.equals("A") ? "Sequence" : "SpecialToken";
            pieces.append(pieces.isEmpty() ? "" : ", ")
                    .append("{'%s': {'id': '%s', 'type_id': 0}}".formatted(kind, piece));
        }
        ObjectNode tokenizer = words();
        tokenizer.set("post_processor", json("""
                {'type': 'TemplateProcessing', 'single': [%s],
                 'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 0}}],
                 'special_tokens': {'<s>': {'id': '<s>', 'ids': [1], 'tokens': ['<s>']},
                                    '</s>': {'id': '</s>', 'ids': [2], 'tokens': ['</s>']}}}
                """.formatted(pieces)));
        return tokenizer;
    }

    static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path write(Path folder, JsonNode tokenizer) {
        return write(folder, tokenizer.toString());
    }

    static Path write(Path folder, String content) {
        try {
            return Files.writeString(folder.resolve("tokenizer.json"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
