package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What reports in a folder are called: after the model's folder or file. */
final class ReportNames {

    private final String ending;

    /** @param ending what stands behind the model's name */
    ReportNames(String ending) {
        this.ending = ending;
    }

    /**
     * One name for each model, all different, also where upper and lower case are the same. Where models share the name
     * of their folder, those of the folders above are put before it, as many as it takes.
     */
    List<String> of(List<Path> models) {
        List<Path> places =
                models.stream().map(model -> model.toAbsolutePath().normalize()).toList();
        int[] depths = new int[places.size()];
        List<String> names;
        boolean deeper;
        do {
            names = names(places, depths);
            deeper = false;
            for (int same : shared(names)) {
                if (depths[same] < places.get(same).getNameCount() - 1) {
                    depths[same]++;
                    deeper = true;
                }
            }
        } while (deeper);
        return numbered(names);
    }

    private static List<String> names(List<Path> places, int[] depths) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < depths.length; i++) {
            Path place = places.get(i);
            int count = place.getNameCount();
            List<String> parts = new ArrayList<>();
            if (count == 0) {
                parts.add("root");
            } else {
                place.subpath(count - 1 - depths[i], count).forEach(part -> parts.add(part.toString()));
            }
            names.add(String.join("-", parts));
        }
        return names;
    }

    /** The places of names that are not the only ones of their kind. */
    private static List<Integer> shared(List<String> names) {
        Map<String, Integer> counts = new HashMap<>();
        names.forEach(name -> counts.merge(key(name), 1, Integer::sum));
        List<Integer> shared = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (counts.get(key(names.get(i))) > 1) {
                shared.add(i);
            }
        }
        return shared;
    }

    /** For the rare names that stay the same, such as those of a/b-c and a-b/c. */
    private List<String> numbered(List<String> names) {
        Set<String> taken = new HashSet<>();
        List<String> numbered = new ArrayList<>();
        for (String name : names) {
            String free = name;
            for (int number = 2; !taken.add(key(free)); number++) {
                free = name + "-" + number;
            }
            numbered.add(free + ending);
        }
        return numbered;
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
