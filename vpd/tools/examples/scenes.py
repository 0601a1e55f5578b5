"""Worked examples about generated scenes: counts, presence, attributes, comparisons, places, chains."""

from vpd.tools.examples import read_examples

_TEXT = """\
How many purple cones are there?
    cones = image_patch.find("purple cone")
    return str(len(cones))
How many things are in the picture?
    return str(len(image_patch.find("object")))
How many small cylinders can you see?
    cylinders = image_patch.find("small cylinder")
    return str(len(cylinders))
How many metal things are there?
    things = image_patch.find("metal object")
    return str(len(things))
How many cones and cubes are there in total?
    cones = image_patch.find("cone")
    cubes = image_patch.find("cube")
    return str(len(cones) + len(cubes))
How many spheres are not gray?
    spheres = image_patch.find("sphere")
    gray_spheres = image_patch.find("gray sphere")
    return str(len(spheres) - len(gray_spheres))
Is there a small gray cylinder?
    return bool_to_yesno(image_patch.exists("small gray cylinder"))
Is there anything cyan?
    return bool_to_yesno(image_patch.exists("cyan object"))
Is there a brown cone and a cyan cube?
    has_cone = image_patch.exists("brown cone")
    has_cube = image_patch.exists("cyan cube")
    return bool_to_yesno(has_cone and has_cube)
Is there an orange cylinder or a purple sphere?
    has_cylinder = image_patch.exists("orange cylinder")
    has_sphere = image_patch.exists("purple sphere")
    return bool_to_yesno(has_cylinder or has_sphere)
Is there neither a cone nor a brown object?
    has_cone = image_patch.exists("cone")
    has_brown = image_patch.exists("brown object")
    return bool_to_yesno(not has_cone and not has_brown)
Is there a cone but no gray object?
    has_cone = image_patch.exists("cone")
    has_gray = image_patch.exists("gray object")
    return bool_to_yesno(has_cone and not has_gray)
Are there at least two cones?
    cones = image_patch.find("cone")
    return bool_to_yesno(len(cones) >= 2)
Are all cubes purple?
    cubes = image_patch.find("cube")
    purple_cubes = image_patch.find("purple cube")
    return bool_to_yesno(len(cubes) == len(purple_cubes))
What color is the large gray cone?
    cone = image_patch.find("large gray cone")[0]
    return cone.simple_query("What color is it?")
What shape is the orange object?
    orange_object = image_patch.find("orange object")[0]
    return orange_object.simple_query("What shape is it?")
What size is the purple object?
    purple_object = image_patch.find("purple object")[0]
    return purple_object.simple_query("What size is it?")
What is the gray cube made of?
    cube = image_patch.find("gray cube")[0]
    return cube.simple_query("What material is it?")
Is the orange thing a cone or a cube?
    orange_object = image_patch.find("orange object")[0]
    return orange_object.best_text_match(["cone", "cube"])
Is the cone large or small?
    cone = image_patch.find("cone")[0]
    return cone.best_text_match(["large", "small"])
Is the cylinder brown?
    cylinder = image_patch.find("cylinder")[0]
    return bool_to_yesno(cylinder.verify_property("cylinder", "brown"))
Are there more cones than orange objects?
    cones = image_patch.find("cone")
    orange_objects = image_patch.find("orange object")
    return bool_to_yesno(len(cones) > len(orange_objects))
Are there fewer cyan objects than cones?
    cyan_objects = image_patch.find("cyan object")
    cones = image_patch.find("cone")
    return bool_to_yesno(len(cyan_objects) < len(cones))
Are there as many gray objects as cones?
    gray_objects = image_patch.find("gray object")
    cones = image_patch.find("cone")
    return bool_to_yesno(len(gray_objects) == len(cones))
Is the number of large cubes the same as the number of small cones?
    cubes = image_patch.find("large cube")
    cones = image_patch.find("small cone")
    return bool_to_yesno(len(cubes) == len(cones))
Are there more small things than large things?
    small_things = image_patch.find("small object")
    large_things = image_patch.find("large object")
    return bool_to_yesno(len(small_things) > len(large_things))
Is the cone left of the purple cube?
    cone = image_patch.find("cone")[0]
    cube = image_patch.find("purple cube")[0]
    return bool_to_yesno(cone.horizontal_center < cube.horizontal_center)
Is the purple object left of the gray object?
    purple_object = image_patch.find("purple object")[0]
    gray_object = image_patch.find("gray object")[0]
    return bool_to_yesno(purple_object.horizontal_center < gray_object.horizontal_center)
Is the sphere left of the cone?
    sphere = image_patch.find("sphere")[0]
    cone = image_patch.find("cone")[0]
    return bool_to_yesno(sphere.horizontal_center < cone.horizontal_center)
Is the large sphere right of the cone?
    sphere = image_patch.find("large sphere")[0]
    cone = image_patch.find("cone")[0]
    return bool_to_yesno(sphere.horizontal_center > cone.horizontal_center)
Is the brown object right of the cyan object?
    brown_object = image_patch.find("brown object")[0]
    cyan_object = image_patch.find("cyan object")[0]
    return bool_to_yesno(brown_object.horizontal_center > cyan_object.horizontal_center)
Is the cylinder right of the cone?
    cylinder = image_patch.find("cylinder")[0]
    cone = image_patch.find("cone")[0]
    return bool_to_yesno(cylinder.horizontal_center > cone.horizontal_center)
Is the purple object in front of the cyan cone?
    purple_object = image_patch.find("purple object")[0]
    cone = image_patch.find("cyan cone")[0]
    return bool_to_yesno(purple_object.compute_depth() < cone.compute_depth())
Is the gray object in front of the orange object?
    gray_object = image_patch.find("gray object")[0]
    orange_object = image_patch.find("orange object")[0]
    return bool_to_yesno(gray_object.compute_depth() < orange_object.compute_depth())
Is the cone in front of the sphere?
    cone = image_patch.find("cone")[0]
    sphere = image_patch.find("sphere")[0]
    return bool_to_yesno(cone.compute_depth() < sphere.compute_depth())
Is the cone behind the small cylinder?
    cone = image_patch.find("cone")[0]
    cylinder = image_patch.find("small cylinder")[0]
    return bool_to_yesno(cone.compute_depth() > cylinder.compute_depth())
Is the purple object behind the brown object?
    purple_object = image_patch.find("purple object")[0]
    brown_object = image_patch.find("brown object")[0]
    return bool_to_yesno(purple_object.compute_depth() > brown_object.compute_depth())
Is the cube behind the cone?
    cube = image_patch.find("cube")[0]
    cone = image_patch.find("cone")[0]
    return bool_to_yesno(cube.compute_depth() > cone.compute_depth())
Is the gray cone nearer than the cylinder?
    cone = image_patch.find("gray cone")[0]
    cylinder = image_patch.find("cylinder")[0]
    return bool_to_yesno(cone.compute_depth() < cylinder.compute_depth())
Is there a cone right of the brown cube?
    cube = image_patch.find("brown cube")[0]
    right = [p for p in image_patch.find("cone") if p.horizontal_center > cube.horizontal_center]
    return bool_to_yesno(len(right) > 0)
Is the cyan object between the cone and the cube?
    cyan_object = image_patch.find("cyan object")[0]
    cone = image_patch.find("cone")[0]
    cube = image_patch.find("cube")[0]
    left = min(cone.horizontal_center, cube.horizontal_center)
    right = max(cone.horizontal_center, cube.horizontal_center)
    return bool_to_yesno(left < cyan_object.horizontal_center < right)
How many objects are left of the gray cone?
    cone = image_patch.find("gray cone")[0]
    left = [p for p in image_patch.find("object") if p.horizontal_center < cone.horizontal_center]
    return str(len(left))
How many objects are right of the purple object?
    purple_object = image_patch.find("purple object")[0]
    right = [p for p in image_patch.find("object") if p.horizontal_center > purple_object.horizontal_center]
    return str(len(right))
How many things are behind the cone?
    cone = image_patch.find("cone")[0]
    behind = [p for p in image_patch.find("object") if p.compute_depth() > cone.compute_depth()]
    return str(len(behind))
How many objects are in front of the orange cylinder?
    cylinder = image_patch.find("orange cylinder")[0]
    front = [p for p in image_patch.find("object") if p.compute_depth() < cylinder.compute_depth()]
    return str(len(front))
How many cubes are in front of the brown sphere?
    sphere = image_patch.find("brown sphere")[0]
    front = [p for p in image_patch.find("cube") if p.compute_depth() < sphere.compute_depth()]
    return str(len(front))
What color is the small cone left of the sphere?
    sphere = image_patch.find("sphere")[0]
    for cone in image_patch.find("small cone"):
        if cone.horizontal_center < sphere.horizontal_center:
            return cone.simple_query("What color is it?")
    return "none"
What color is the object left of the gray cone?
    cone = image_patch.find("gray cone")[0]
    for thing in image_patch.find("object"):
        if thing.horizontal_center < cone.horizontal_center:
            return thing.simple_query("What color is it?")
    return "none"
What color is the object right of the purple cone?
    cone = image_patch.find("purple cone")[0]
    for thing in image_patch.find("object"):
        if thing.horizontal_center > cone.horizontal_center:
            return thing.simple_query("What color is it?")
    return "none"
What color is the large cylinder right of the cone?
    cone = image_patch.find("cone")[0]
    for cylinder in image_patch.find("large cylinder"):
        if cylinder.horizontal_center > cone.horizontal_center:
            return cylinder.simple_query("What color is it?")
    return "none"
What color is the cylinder behind the cyan object?
    cyan_object = image_patch.find("cyan object")[0]
    for cylinder in image_patch.find("cylinder"):
        if cylinder.compute_depth() > cyan_object.compute_depth():
            return cylinder.simple_query("What color is it?")
    return "none"
What color is the small object behind the cone?
    cone = image_patch.find("cone")[0]
    for thing in image_patch.find("small object"):
        if thing.compute_depth() > cone.compute_depth():
            return thing.simple_query("What color is it?")
    return "none"
What color is the cube in front of the brown object?
    brown_object = image_patch.find("brown object")[0]
    for cube in image_patch.find("cube"):
        if cube.compute_depth() < brown_object.compute_depth():
            return cube.simple_query("What color is it?")
    return "none"
What color is the large object in front of the purple sphere?
    sphere = image_patch.find("purple sphere")[0]
    for thing in image_patch.find("large object"):
        if thing.compute_depth() < sphere.compute_depth():
            return thing.simple_query("What color is it?")
    return "none"
What shape is the metal object in front of the cone?
    cone = image_patch.find("cone")[0]
    for thing in image_patch.find("metal object"):
        if thing.compute_depth() < cone.compute_depth():
            return thing.simple_query("What shape is it?")
    return "none"
What shape is the small object right of the orange cube?
    cube = image_patch.find("orange cube")[0]
    for thing in image_patch.find("small object"):
        if thing.horizontal_center > cube.horizontal_center:
            return thing.simple_query("What shape is it?")
    return "none"
What shape is the object left of the cyan object?
    cyan_object = image_patch.find("cyan object")[0]
    for thing in image_patch.find("object"):
        if thing.horizontal_center < cyan_object.horizontal_center:
            return thing.simple_query("What shape is it?")
    return "none"
What shape is the large object behind the gray sphere?
    sphere = image_patch.find("gray sphere")[0]
    for thing in image_patch.find("large object"):
        if thing.compute_depth() > sphere.compute_depth():
            return thing.simple_query("What shape is it?")
    return "none"
What size is the cone behind the gray cylinder?
    cylinder = image_patch.find("gray cylinder")[0]
    for cone in image_patch.find("cone"):
        if cone.compute_depth() > cylinder.compute_depth():
            return cone.simple_query("What size is it?")
    return "none"
What color is the object left of the cone behind the brown sphere?
    sphere = image_patch.find("brown sphere")[0]
    for cone in image_patch.find("cone"):
        if cone.compute_depth() > sphere.compute_depth():
            for thing in image_patch.find("object"):
                if thing.horizontal_center < cone.horizontal_center:
                    return thing.simple_query("What color is it?")
    return "none"
What color is the leftmost object?
    objects = image_patch.find("object")
    leftmost = min(objects, key=lambda p: p.horizontal_center)
    return leftmost.simple_query("What color is it?")
What shape is the nearest object?
    objects = image_patch.find("object")
    nearest = min(objects, key=lambda p: p.compute_depth())
    return nearest.simple_query("What shape is it?")
Is the cone of the same color as the cylinder?
    cone = image_patch.find("cone")[0]
    cylinder = image_patch.find("cylinder")[0]
    cone_color = cone.simple_query("What color is it?")
    cylinder_color = cylinder.simple_query("What color is it?")
    return bool_to_yesno(cone_color == cylinder_color)
Is there another object of the same color as the small cone?
    cone = image_patch.find("small cone")[0]
    color = cone.simple_query("What color is it?")
    same = image_patch.find(f"{color} object")
    return bool_to_yesno(len(same) > 1)
"""

SCENE_EXAMPLES = read_examples(_TEXT)
