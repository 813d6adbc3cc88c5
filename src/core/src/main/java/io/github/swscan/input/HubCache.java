package io.github.swscan.input;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder in which the Hugging Face libraries keep all models that were downloaded on this machine, each in a {@link
 * ModelCache} of its own. Nothing is downloaded.
 */
public record HubCache(Path folder) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    /**
     * Where it is, by the same environment variables as theirs: {@code HF_HUB_CACHE}, else {@code hub} in {@code HF_HOME},
     * else in {@code huggingface} in {@code XDG_CACHE_HOME}, else in that of {@code ~/.cache}.
     *
     * @param home the user's home folder
     */
    public static HubCache of(Map<String, String> environment, Path home) {
        return new HubCache(given(environment, "HF_HUB_CACHE")
                .or(() -> given(environment, "HF_HOME").map(folder -> folder.resolve("hub")))
                .or(() -> given(environment, "XDG_CACHE_HOME").map(HubCache::hubIn))
                .orElseGet(() -> hubIn(home.resolve(".cache"))));
    }

    /** That of the user who runs the program. */
    public static HubCache ofUser() {
        return of(System.getenv(), Path.of(System.getenv().getOrDefault("HOME", System.getProperty("user.home"))));
    }

    private static Optional<Path> given(Map<String, String> environment, String variable) {
        return Stream.ofNullable(environment.get(variable))
                .filter(value -> !value.isEmpty())
                .map(Path::of)
                .findFirst();
    }

    private static Path hubIn(Path caches) {
        return caches.resolve("huggingface").resolve("hub");
    }

    /** Whether something that is not there may be the name of a model on the hub: ORGANIZATION/NAME. */
    public static boolean isName(Path model) {
        return !model.isAbsolute()
                && model.getNameCount() == 2
                && NAME.matcher(model.getName(0).toString()).matches()
                && NAME.matcher(model.getName(1).toString()).matches();
    }

    /** The folder of a model, if it was downloaded. */
    public Optional<LocalFolder> model(Path name) {
        return Optional.of(name)
                .filter(HubCache::isName)
                .map(model -> folder.resolve("models--" + model.getName(0) + "--" + model.getName(1)))
                .flatMap(LocalFolder::at);
    }

    /** Why a model of this name cannot be used, as neither a path nor in this cache. */
    public MissingInputException missing(Path name) {
        return new MissingInputException(
                name,
                "",
                "is neither a path nor a model in the Hugging Face cache (" + folder + ")",
                "run 'hf download " + name + "', or check the path");
    }
}
