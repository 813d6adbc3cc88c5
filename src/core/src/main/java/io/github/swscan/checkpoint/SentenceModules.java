package io.github.swscan.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.Repository;
import io.github.swscan.input.TextFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The modules of a folder of sentence-transformers, as its {@code modules.json} lists them: the transformer, and what makes
 * a vector of a text behind it.
 *
 * @param file the list
 * @param repository what has it, and the folders of the modules
 */
public record SentenceModules(Path file, Repository repository, List<Entry> modules) {

    public static final String NAME = "modules.json";

    private static final int MAX_BYTES = 1_000_000;

    /**
     * One module.
     *
     * @param type the name of its class, with the names of the packages before it
     * @param path its folder; empty: that of the list
     */
    public record Entry(String type, String path) {

        /** The name of its class alone. */
        public String kind() {
            return type.substring(type.lastIndexOf('.') + 1);
        }
    }

    public SentenceModules {
        modules = List.copyOf(modules);
    }

    /**
     * Reads the list.
     *
     * @throws io.github.swscan.input.InputException if it cannot be read, or is none
     */
    public static SentenceModules read(ByteSource source, Repository repository) {
        Path file = source.name();
        JsonNode list = json(source);
        if (!list.isArray()) {
            throw new MalformedInputException(file, "", "is not a JSON array of modules", "");
        }
        List<Entry> modules = new ArrayList<>();
        for (JsonNode module : list) {
            String field = "module " + modules.size();
            JsonNode type = module.path("type");
            JsonNode path = module.path("path");
            if (!type.isTextual() || !path.isTextual()) {
                throw new MalformedInputException(file, field, "has no type and path", "");
            }
            if (!path.textValue().isEmpty() && !Repository.isPlainName(path.textValue())) {
                throw new MalformedInputException(file, field, "has a path that is not the name of a folder", "");
            }
            modules.add(new Entry(type.textValue(), path.textValue()));
        }
        return new SentenceModules(file, repository, modules);
    }

    private static JsonNode json(ByteSource source) {
        Path file = source.name();
        if (source.size() > MAX_BYTES) {
            throw new MalformedInputException(file, "", "is larger than " + MAX_BYTES + " bytes", "");
        }
        try (InputStream input = TextFile.open(source)) {
            return JsonMapper.builder().build().readTree(input.readNBytes(MAX_BYTES));
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(
                    file, "", "is not valid JSON: " + JsonProblem.of(e), JsonProblem.remedy(e), e);
        } catch (IOException e) {
            throw source.unreadable(e);
        }
    }

    /** The folder of a module, if it is there. */
    public Optional<Repository> folder(Entry module) {
        return module.path().isEmpty()
                ? Optional.of(repository)
                : repository.folders().stream()
                        .filter(folder -> folder.getFileName().toString().equals(module.path()))
                        .findFirst()
                        .map(repository::folder);
    }

    /** The folder of the transformer, where it has one of its own. */
    Optional<Repository> transformer() {
        return modules.stream()
                .filter(module ->
                        module.kind().equals("Transformer") && !module.path().isEmpty())
                .findFirst()
                .flatMap(this::folder);
    }
}
