package io.github.swscan.integrity.signing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.FileDigest;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is signed: the digests of a model's files.
 *
 * @param model its name
 * @param symbolicLinks whether files may be symbolic links
 * @param ignored what in its folder is left out
 * @param shardSize of what is digested, in bytes, where that is parts of files
 * @param resources in the order in which the digest of the whole is made from them
 * @param extension what swscan adds: a manifest; other verifiers ignore it
 */
public record Statement(
        String model,
        boolean symbolicLinks,
        List<String> ignored,
        Optional<Long> shardSize,
        List<Resource> resources,
        Optional<JsonNode> extension) {

    static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";
    static final String TYPE = "https://in-toto.io/Statement/v1";
    static final String PREDICATE = "https://model_signing/signature/v1.0";

    /** What came before it: a subject for each file, and no predicate. */
    static final String OLD_PREDICATE = "https://model_signing/Digests/v0.1";

    private static final String EXTENSION = "swscan";
    private static final String SHA256 = "sha256";
    /** Of parts of files it says as well how long they are. */
    private static final Pattern ALGORITHM = Pattern.compile("(sha256|blake2b|blake3)(-sharded-\\d+)?");

    private static final Pattern SHARD = Pattern.compile("(.+):(\\d{1,18}):(\\d{1,18})", Pattern.DOTALL);
    private static final JsonMapper JSON = new JsonMapper();

    public Statement {
        ignored = List.copyOf(ignored);
        resources = List.copyOf(resources);
    }

    /** As the payload of an envelope: JSON in UTF-8. */
    byte[] payload() {
        ObjectNode statement = JSON.createObjectNode().put("_type", TYPE);
        ObjectNode subject = statement.putArray("subject").addObject().put("name", model);
        subject.putObject("digest").put(SHA256, HexFormat.of().formatHex(rootDigest()));
        statement.put("predicateType", PREDICATE);
        ObjectNode predicate = statement.putObject("predicate");
        ObjectNode serialization = predicate
                .putObject("serialization")
                .put("method", "files")
                .put("hash_type", SHA256)
                .put("allow_symlinks", symbolicLinks);
        ArrayNode paths = serialization.putArray("ignore_paths");
        ignored.forEach(paths::add);
        ArrayNode list = predicate.putArray("resources");
        resources.forEach(resource -> list.addObject()
                .put("name", resource.name())
                .put("algorithm", resource.algorithm())
                .put("digest", resource.digest()));
        extension.ifPresent(added -> predicate.set(EXTENSION, added));
        try {
            return JSON.writeValueAsBytes(statement);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a statement that is no JSON", e);
        }
    }

    /** SHA-256 over the digests of all resources, one after the other. */
    private byte[] rootDigest() {
        MessageDigest digest = FileDigest.sha256();
        resources.forEach(resource -> digest.update(HexFormat.of().parseHex(resource.digest())));
        return digest.digest();
    }

    /**
     * Reads a payload.
     *
     * @param file that it is from, for messages
     * @throws MalformedInputException if it is no statement about a model
     * @throws UnsupportedInputException if it is of a kind that is not known here
     */
    static Statement read(Path file, byte[] payload) {
        JsonNode statement = json(file, payload);
        if (!statement.path("_type").asText().equals(TYPE)) {
            throw malformed(file, "_type", "is not " + TYPE);
        }
        String type = statement.path("predicateType").asText();
        return switch (type) {
            case PREDICATE -> current(file, statement);
            case OLD_PREDICATE -> old(file, statement);
            default ->
                throw new UnsupportedInputException(
                        file,
                        "predicateType",
                        "is '" + type + "', which is no signature of a model",
                        "name one that OpenSSF Model Signing or swscan made");
        };
    }

    private static JsonNode json(Path file, byte[] payload) {
        try {
            return Bundle.JSON.readTree(new String(payload, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(file, "payload", "is not valid JSON", "download the file again", e);
        }
    }

    private static Statement current(Path file, JsonNode statement) {
        JsonNode predicate = statement.path("predicate");
        JsonNode serialization = predicate.path("serialization");
        String method = serialization.path("method").asText();
        if (!Set.of("files", "shards").contains(method)) {
            throw new UnsupportedInputException(
                    file, "serialization.method", "is '" + method + "', not files or shards", "");
        }
        boolean shards = method.equals("shards");
        List<Resource> resources = new ArrayList<>();
        for (JsonNode resource : predicate.path("resources")) {
            resources.add(resource(
                    file,
                    resource.path("name").asText(),
                    shards,
                    resource.path("algorithm").asText(),
                    resource.path("digest").asText()));
        }
        List<String> ignored = new ArrayList<>();
        serialization.path("ignore_paths").forEach(path -> ignored.add(path.asText()));
        JsonNode subject = statement.path("subject").path(0);
        Statement read = new Statement(
                subject.path("name").asText(),
                serialization.path("allow_symlinks").asBoolean(),
                ignored,
                shards
                        ? Optional.of(serialization.path("shard_size").asLong()).filter(size -> size > 0)
                        : Optional.empty(),
                resources,
                Optional.of(predicate.path(EXTENSION)).filter(JsonNode::isObject));
        String root = HexFormat.of().formatHex(read.rootDigest());
        if (statement.path("subject").size() != 1
                || !subject.path("digest").path(SHA256).asText().equals(root)) {
            throw malformed(file, "subject", "does not have the digest of its resources");
        }
        return read;
    }

    private static Statement old(Path file, JsonNode statement) {
        List<Resource> resources = new ArrayList<>();
        for (JsonNode subject : statement.path("subject")) {
            resources.add(resource(
                    file,
                    subject.path("name").asText(),
                    false,
                    SHA256,
                    subject.path("digest").path(SHA256).asText()));
        }
        return new Statement("", false, List.of(), Optional.empty(), resources, Optional.empty());
    }

    private static Resource resource(Path file, String name, boolean shard, String algorithm, String digest) {
        Matcher known = ALGORITHM.matcher(algorithm);
        if (!known.matches()) {
            throw new UnsupportedInputException(
                    file, name, "has a digest by '" + algorithm + "', not by sha256, blake2b or blake3", "");
        }
        if (name.isEmpty() || !digest.matches("([0-9a-f]{2}){1,64}")) {
            throw malformed(file, name, "has no digest in hexadecimal");
        }
        Matcher part = SHARD.matcher(name);
        if (!shard) {
            return new Resource(name, Optional.empty(), known.group(1), digest);
        }
        if (!part.matches()) {
            throw malformed(file, name, "is not the name of a part of a file");
        }
        Resource.Range range = new Resource.Range(Long.parseLong(part.group(2)), Long.parseLong(part.group(3)));
        return new Resource(part.group(1), Optional.of(range), known.group(1), digest);
    }

    private static MalformedInputException malformed(Path file, String field, String problem) {
        return new MalformedInputException(file, field, problem, "download the file again");
    }
}
