package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a tokenizer.json says. Normalizer, pre-tokenizer and decoder are as there.
 *
 * @param before the special tokens that are put before a text
 * @param after those that are put behind it
 * @param model its options, without the vocabulary
 */
record TokenizerDescription(
        List<Numbered> addedTokens,
        JsonNode normalizer,
        JsonNode preTokenizer,
        JsonNode decoder,
        List<Numbered> before,
        List<Numbered> after,
        ObjectNode model,
        Vocabulary vocabulary) {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    record Numbered(int id, AddedToken token) {}

    /** The tokenizer.json, in UTF-8. */
    byte[] json() {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = MAPPER.createGenerator(json)) {
            generator.writeStartObject();
            generator.writeStringField("version", "1.0");
            generator.writeArrayFieldStart("added_tokens");
            for (Numbered added : addedTokens) {
                write(generator, added);
            }
            generator.writeEndArray();
            write(generator, "normalizer", normalizer);
            write(generator, "pre_tokenizer", preTokenizer);
            write(generator, "decoder", decoder);
            write(generator, "post_processor", postProcessor());
            generator.writeObjectFieldStart("model");
            for (Map.Entry<String, JsonNode> option : model.properties()) {
                write(generator, option.getKey(), option.getValue());
            }
            if (vocabulary instanceof Vocabulary.Merged merged) {
                writeIds(generator, merged.ids());
                writeMerges(generator, merged.merges());
            } else if (vocabulary instanceof Vocabulary.Words words) {
                writeIds(generator, words.ids());
            } else if (vocabulary instanceof Vocabulary.Scored scored) {
                writeScores(generator, scored.tokens());
            }
            generator.writeEndObject();
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return json.toByteArray();
    }

    private static void write(JsonGenerator generator, String name, JsonNode value) throws IOException {
        generator.writeFieldName(name);
        generator.writeTree(value);
    }

    private static void write(JsonGenerator generator, Numbered added) throws IOException {
        AddedToken token = added.token();
        generator.writeStartObject();
        generator.writeNumberField("id", added.id());
        generator.writeStringField("content", token.content());
        generator.writeBooleanField("single_word", token.singleWord());
        generator.writeBooleanField("lstrip", token.lstrip());
        generator.writeBooleanField("rstrip", token.rstrip());
        generator.writeBooleanField("normalized", token.normalized());
        generator.writeBooleanField("special", token.special());
        generator.writeEndObject();
    }

    private static void writeIds(JsonGenerator generator, Map<String, Integer> ids) throws IOException {
        generator.writeObjectFieldStart("vocab");
        for (Map.Entry<String, Integer> token : ids.entrySet()) {
            generator.writeNumberField(token.getKey(), token.getValue());
        }
        generator.writeEndObject();
    }

    private static void writeMerges(JsonGenerator generator, List<Merge> merges) throws IOException {
        generator.writeArrayFieldStart("merges");
        for (Merge merge : merges) {
            generator.writeArray(new String[] {merge.left(), merge.right()}, 0, 2);
        }
        generator.writeEndArray();
    }

    private static void writeScores(JsonGenerator generator, List<Vocabulary.ScoredToken> tokens) throws IOException {
        generator.writeArrayFieldStart("vocab");
        for (Vocabulary.ScoredToken token : tokens) {
            generator.writeStartArray();
            generator.writeString(token.text());
            generator.writeNumber(LibraryNumber.written(token.score()));
            generator.writeEndArray();
        }
        generator.writeEndArray();
    }

    private ObjectNode postProcessor() {
        ObjectNode template = MAPPER.createObjectNode().put("type", "TemplateProcessing");
        for (String section : List.of("single", "pair")) {
            before.forEach(special -> addSpecialToken(template, section, special));
            addText(template, section, "A", 0);
            after.forEach(special -> addSpecialToken(template, section, special));
        }
        addText(template, "pair", "B", 1);
        ObjectNode definitions = template.putObject("special_tokens");
        Stream.concat(before.stream(), after.stream()).forEach(special -> {
            String content = special.token().content();
            ObjectNode definition = definitions.putObject(content).put("id", content);
            definition.putArray("ids").add(special.id());
            definition.putArray("tokens").add(content);
        });
        return template;
    }

    private static void addSpecialToken(ObjectNode template, String section, Numbered special) {
        template.withArray(section)
                .addObject()
                .putObject("SpecialToken")
                .put("id", special.token().content())
                .put("type_id", 0);
    }

    private static void addText(ObjectNode template, String section, String text, int type) {
        template.withArray(section)
                .addObject()
                .putObject("Sequence")
                .put("id", text)
                .put("type_id", type);
    }
}
