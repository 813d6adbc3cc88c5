package io.github.swscan.input;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads one JSON object of an untrusted file token by token, so that memory grows with what is kept, not with what the
 * file holds. Refuses duplicate keys, deep nesting, anything after the object, and bytes that are not UTF-8.
 */
public final class StrictJson {
    private static final int MAX_NESTING = 32;
    private static final int MAX_STRING_LENGTH = 100_000_000;

    private final Path file;
    private final String field;
    private final JsonFactory factory;

    /**
     * @param field what the JSON is within the file, for messages; empty when it is the whole file
     * @param maxTokens how many tokens (brackets, keys, values) are read before the input is refused
     */
    public StrictJson(Path file, String field, long maxTokens) {
        this.file = file;
        this.field = field;
        this.factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                // A table of names would let a hostile file choose names that collide.
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_NESTING)
                        .maxStringLength(MAX_STRING_LENGTH)
                        .maxTokenCount(maxTokens)
                        .build())
                .build();
    }

    /** Reads the members of an object; the parser stands on its opening brace, and is to be left on its closing one. */
    @FunctionalInterface
    public interface Members<T> {
        T read(JsonParser parser) throws IOException;
    }

    /**
     * Reads the object that the bytes are.
     *
     * @throws MalformedInputException if they are anything else
     */
    public <T> T read(byte[] utf8, Members<T> members) {
        try (JsonParser parser = factory.createParser(reader(utf8))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed("is not a JSON object", null);
            }
            T value = members.read(parser);
            if (parser.nextToken() != null) {
                throw malformed("has something after the closing brace of the JSON object", null);
            }
            return value;
        } catch (JsonEOFException failure) {
            throw malformed("is not valid JSON: it ends too early", failure);
        } catch (StreamConstraintsException failure) {
            throw malformed("is beyond what a checkpoint needs: " + JsonProblem.of(failure), failure);
        } catch (JsonProcessingException failure) {
            throw malformed("is not valid JSON" + place(failure) + ": " + JsonProblem.of(failure), failure);
        } catch (CharacterCodingException failure) {
            throw malformed("is not valid UTF-8", failure);
        } catch (IOException failure) {
            throw InputException.unreadable(file, failure);
        }
    }

    private static String place(JsonProcessingException failure) {
        return Optional.ofNullable(failure.getLocation())
                .map(location -> " at character " + location.getCharOffset())
                .orElse("");
    }

    private static Reader reader(byte[] utf8) {
        return new InputStreamReader(
                new ByteArrayInputStream(utf8),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
    }

    private MalformedInputException malformed(String problem, Throwable cause) {
        return new MalformedInputException(file, field, problem, "download the file again", cause);
    }
}
