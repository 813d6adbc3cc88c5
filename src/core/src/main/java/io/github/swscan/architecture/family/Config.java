package io.github.swscan.architecture.family;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.TextFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * A checkpoint's config.json, as it is.
 *
 * @param file where it was read from, for messages
 * @param options the JSON object
 * @param names of options as the file has them, where it is no config.json but options were made of what it says
 * @param quantization what another file says of how weights were quantized, where this one says nothing
 */
public record Config(Path file, JsonNode options, Map<String, String> names, Optional<Config> quantization) {

    static final int MAX_BYTES = 10_000_000;

    private static final List<String> SPECIAL =
            List.of("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "pad_token_id", "mask_token_id");

    /** Python writes NaN, Infinity and -Infinity where a number is none, as in {@code time_step_limit} of some models. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** One whose file has the options under other names. */
    public Config(Path file, JsonNode options, Map<String, String> names) {
        this(file, options, names, Optional.empty());
    }

    /** One whose file has the options under their own names. */
    public Config(Path file, JsonNode options) {
        this(file, options, Map.of());
    }

    /** The same with what another file says of how weights were quantized. */
    Config quantizedAs(Config told) {
        return new Config(file, options, names, Optional.of(told));
    }

    /**
     * Reads a config.json. Numbers may be NaN or infinite, which {@link Fields} refuses where a number is needed.
     *
     * @throws InputException if it cannot be read, is too large, not JSON, or not an object
     */
    public static Config read(ByteSource source) {
        Path file = source.name();
        if (source.size() > MAX_BYTES) {
            throw new MalformedInputException(file, "", "is larger than " + MAX_BYTES + " bytes", "");
        }
        try (InputStream input = TextFile.open(source)) {
            ByteBuffer bytes = ByteBuffer.wrap(input.readNBytes(MAX_BYTES));
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            JsonNode options = MAPPER.readTree(text);
            if (options.isMissingNode()) {
                throw new MalformedInputException(file, "", "is empty", "download the file again");
            }
            if (!options.isObject()) {
                throw new MalformedInputException(file, "", "is not a JSON object", "");
            }
            return new Config(file, options);
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(
                    file, "", "is not valid JSON: " + JsonProblem.of(e), JsonProblem.remedy(e), e);
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(file, "", "is not UTF-8 text", "", e);
        } catch (IOException e) {
            throw source.unreadable(e);
        }
    }

    /** The family's name. */
    public String modelType() {
        JsonNode type = options.path("model_type");
        if (!type.isTextual() || type.textValue().isBlank()) {
            throw new MalformedInputException(
                    file,
                    "model_type",
                    type.isMissingNode() ? "is missing" : "is " + written(type) + " where a name is needed",
                    "config.json names the family there, for instance \"llama\"");
        }
        return type.textValue();
    }

    /** The class of the model's tokenizer; empty where config.json names none. */
    public Optional<String> tokenizerClass() {
        return Optional.ofNullable(options.path("tokenizer_class").textValue());
    }

    /** The name under which the file has an option, or one within it, for messages. */
    String nameOf(String option) {
        return names.getOrDefault(option, names.getOrDefault(option.replaceFirst("\\..*", ""), option));
    }

    /** A value as config.json has it, for messages; a null takes a value away. */
    static String written(JsonNode value) {
        if (value.isMissingNode()) {
            return "null";
        }
        boolean isNoNumber = value.isNumber() && !Double.isFinite(value.doubleValue());
        return isNoNumber ? value.asText() : value.toString();
    }

    /**
     * The token that a sequence begins with ({@code bos_token_id}, the first where there are several), or 0 where
     * config.json names none within the vocabulary.
     */
    public int firstToken(int vocabularySize) {
        JsonNode named = options.path("bos_token_id");
        JsonNode token = named.isArray() ? named.path(0) : named;
        boolean usable = token.isInt() && token.intValue() >= 0 && token.intValue() < vocabularySize;
        return usable ? token.intValue() : 0;
    }

    /** The token that stands for one to predict ({@code mask_token_id}); empty where config.json names none. */
    public OptionalInt maskToken() {
        return token("mask_token_id").findFirst();
    }

    /** The tokens that config.json gives a part to play: those around texts, padding and the mask. */
    public Set<Integer> specialTokens() {
        return SPECIAL.stream().flatMapToInt(this::token).boxed().collect(Collectors.toUnmodifiableSet());
    }

    private IntStream token(String option) {
        JsonNode named = options.path(option);
        return StreamSupport.stream((named.isArray() ? named : List.of(named)).spliterator(), false)
                .filter(JsonNode::isInt)
                .mapToInt(JsonNode::intValue);
    }

    /** The tokens that end a text ({@code eos_token_id}); none where config.json names none. */
    public Set<Integer> endTokens() {
        return token("eos_token_id").boxed().collect(Collectors.toUnmodifiableSet());
    }
}
