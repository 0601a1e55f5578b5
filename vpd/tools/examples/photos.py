"""Worked examples about photographs, in the forms that people ask; none is a question that is evaluated.

They need no more than the tools for photographs can tell: `find` gets the 80 names
of COCO, what else is there is asked with `simple_query`, and what no picture shows with `llm_query`.

Not here: which of them a prompt shows.
"""

from vpd.tools.examples import read_examples

_TEXT = """\
How many zebras are in the picture?
    zebras = image_patch.find("zebra")
    return str(len(zebras))
How many red umbrellas are there?
    umbrellas = image_patch.find("red umbrella")
    return str(len(umbrellas))
How many zebras are in the right half?
    zebras = image_patch.find("zebra")
    right = [z for z in zebras if z.horizontal_center > image_patch.horizontal_center]
    return str(len(right))
How many people are to the left of the horse?
    horse = image_patch.find("horse")[0]
    people = image_patch.find("person")
    left = [p for p in people if p.horizontal_center < horse.horizontal_center]
    return str(len(left))
How many cups are on the dining table?
    table = image_patch.find("dining table")[0]
    cups = [c for c in image_patch.find("cup") if c.overlaps_with(table)]
    return str(len(cups))
How many people are sitting on the bench?
    bench = image_patch.find("bench")[0]
    people = [p for p in image_patch.find("person") if p.overlaps_with(bench)]
    return str(len(people))
How many kites are above the boat?
    boat = image_patch.find("boat")[0]
    kites = [k for k in image_patch.find("kite") if k.vertical_center < boat.vertical_center]
    return str(len(kites))
How many birds are not white?
    birds = image_patch.find("bird")
    white_birds = image_patch.find("white bird")
    return str(len(birds) - len(white_birds))
How many zebras and giraffes are there in total?
    zebras = image_patch.find("zebra")
    giraffes = image_patch.find("giraffe")
    return str(len(zebras) + len(giraffes))
How many kinds of fruit can you see?
    kinds = [name for name in ["banana", "apple", "orange"] if image_patch.exists(name)]
    return str(len(kinds))
Is there a giraffe?
    return bool_to_yesno(image_patch.exists("giraffe"))
Can you see a white boat on the left side?
    boats = image_patch.find("white boat")
    return bool_to_yesno(any(b.horizontal_center < image_patch.horizontal_center for b in boats))
Are there any bears or zebras?
    return bool_to_yesno(image_patch.exists("bear") or image_patch.exists("zebra"))
Does the photo show both a fork and a knife?
    return bool_to_yesno(image_patch.exists("fork") and image_patch.exists("knife"))
Are there neither skis nor snowboards here?
    found = image_patch.exists("skis") or image_patch.exists("snowboard")
    return bool_to_yesno(not found)
Are there at least three wine glasses?
    glasses = image_patch.find("wine glass")
    return bool_to_yesno(len(glasses) >= 3)
Is anybody on the elephant?
    elephant = image_patch.find("elephant")[0]
    people = image_patch.find("person")
    return bool_to_yesno(any(person.overlaps_with(elephant) for person in people))
Is the boy holding a baseball bat?
    boy = image_patch.find("person")[0]
    bats = image_patch.find("baseball bat")
    return bool_to_yesno(any(bat.overlaps_with(boy) for bat in bats))
Is someone standing to the right of the fire hydrant?
    hydrant = image_patch.find("fire hydrant")[0]
    people = image_patch.find("person")
    return bool_to_yesno(any(p.horizontal_center > hydrant.horizontal_center for p in people))
What color is the umbrella?
    umbrella = image_patch.find("umbrella")[0]
    return umbrella.simple_query("What color is it?")
Is the suitcase purple?
    suitcase = image_patch.find("suitcase")[0]
    return bool_to_yesno(suitcase.verify_property("suitcase", "purple"))
Is the kite pink or yellow?
    kite = image_patch.find("kite")[0]
    return kite.best_text_match(["pink", "yellow"])
What color is the chair to the right of the potted plant?
    plant = image_patch.find("potted plant")[0]
    for chair in image_patch.find("chair"):
        if chair.horizontal_center > plant.horizontal_center:
            return chair.simple_query("What color is it?")
    return "none"
What is the color of the car that is closest to the parking meter?
    meter = image_patch.find("parking meter")[0]
    cars = image_patch.find("car")
    if not cars:
        return "none"
    nearest = min(cars, key=lambda c: abs(c.horizontal_center - meter.horizontal_center))
    return nearest.simple_query("What color is it?")
What color is the biggest bus?
    buses = image_patch.find("bus")
    biggest = max(buses, key=lambda bus: bus.width * bus.height)
    return biggest.simple_query("What color is it?")
What color is the leftmost vase?
    vases = image_patch.find("vase")
    leftmost = min(vases, key=lambda vase: vase.horizontal_center)
    return leftmost.simple_query("What color is it?")
What color is the umbrella that the girl is holding?
    girl = image_patch.find("person")[0]
    for umbrella in image_patch.find("umbrella"):
        if umbrella.overlaps_with(girl):
            return umbrella.simple_query("What color is it?")
    return "none"
Do the backpack and the handbag have the same color?
    backpack = image_patch.find("backpack")[0]
    handbag = image_patch.find("handbag")[0]
    first = backpack.simple_query("What color is it?")
    second = handbag.simple_query("What color is it?")
    return bool_to_yesno(first == second)
Are all the trucks white?
    trucks = image_patch.find("truck")
    return bool_to_yesno(all(truck.verify_property("truck", "white") for truck in trucks))
Which one is brown, the horse or the cow?
    horse = image_patch.find("horse")[0]
    if horse.verify_property("horse", "brown"):
        return "horse"
    return "cow"
Is the elephant to the left of the bench?
    elephant = image_patch.find("elephant")[0]
    bench = image_patch.find("bench")[0]
    return bool_to_yesno(elephant.horizontal_center < bench.horizontal_center)
Is the woman on the right of the motorcycle?
    woman = image_patch.find("person")[0]
    motorcycle = image_patch.find("motorcycle")[0]
    return bool_to_yesno(woman.horizontal_center > motorcycle.horizontal_center)
Is the airplane above the train?
    airplane = image_patch.find("airplane")[0]
    train = image_patch.find("train")[0]
    return bool_to_yesno(airplane.vertical_center < train.vertical_center)
Is the sheep between the two benches?
    sheep = image_patch.find("sheep")[0]
    left, right = sorted(b.horizontal_center for b in image_patch.find("bench"))
    return bool_to_yesno(left < sheep.horizontal_center < right)
Is the mouse to the left or to the right of the keyboard?
    mouse = image_patch.find("mouse")[0]
    keyboard = image_patch.find("keyboard")[0]
    if mouse.horizontal_center < keyboard.horizontal_center:
        return "left"
    return "right"
Is the clock above or below the oven?
    clock = image_patch.find("clock")[0]
    oven = image_patch.find("oven")[0]
    if clock.vertical_center < oven.vertical_center:
        return "above"
    return "below"
On which side of the picture is the traffic light?
    light = image_patch.find("traffic light")[0]
    if light.horizontal_center < image_patch.horizontal_center:
        return "left"
    return "right"
Which is closer to the bench, the bicycle or the dog?
    bench = image_patch.find("bench")[0]
    bicycle = image_patch.find("bicycle")[0]
    dog = image_patch.find("dog")[0]
    to_bicycle = abs(bicycle.horizontal_center - bench.horizontal_center)
    to_dog = abs(dog.horizontal_center - bench.horizontal_center)
    if to_bicycle < to_dog:
        return "bicycle"
    return "dog"
Are there more cows than sheep?
    cows = image_patch.find("cow")
    sheep = image_patch.find("sheep")
    return bool_to_yesno(len(cows) > len(sheep))
Are there fewer forks than spoons?
    forks = image_patch.find("fork")
    spoons = image_patch.find("spoon")
    return bool_to_yesno(len(forks) < len(spoons))
Is the number of cups equal to the number of bowls?
    cups = image_patch.find("cup")
    bowls = image_patch.find("bowl")
    return bool_to_yesno(len(cups) == len(bowls))
Which is bigger, the surfboard or the skateboard?
    surfboard = image_patch.find("surfboard")[0]
    skateboard = image_patch.find("skateboard")[0]
    if surfboard.width * surfboard.height > skateboard.width * skateboard.height:
        return "surfboard"
    return "skateboard"
Is the girl taller than the horse?
    girl = image_patch.find("person")[0]
    horse = image_patch.find("horse")[0]
    return bool_to_yesno(girl.height > horse.height)
Which animal is this?
    return image_patch.simple_query("What animal is this?")
Is the animal a sheep or a cow?
    return image_patch.best_text_match(["sheep", "cow"])
What is lying on the bed?
    bed = image_patch.find("bed")[0]
    for name in ["cat", "dog", "teddy bear", "book", "laptop"]:
        for thing in image_patch.find(name):
            if thing.overlaps_with(bed):
                return name
    return "none"
What kind of animal is on the bench?
    bench = image_patch.find("bench")[0]
    return bench.simple_query("What animal is this?")
Which fruit is on the left of the bottle?
    bottle = image_patch.find("bottle")[0]
    left = image_patch.crop(0, 0, bottle.left, image_patch.height)
    return left.simple_query("What fruit is this?")
Which vehicle is in the right half of the photo?
    right = image_patch.crop(image_patch.horizontal_center, 0, image_patch.right, image_patch.bottom)
    return right.simple_query("What vehicle is this?")
What color is the guitar?
    return image_patch.simple_query("What color is the guitar?")
Is there a squirrel?
    return image_patch.simple_query("Is there a squirrel?")
What does the stop sign say?
    sign = image_patch.find("stop sign")[0]
    return sign.read_text()
What is the title of the green book?
    book = image_patch.find("green book")[0]
    return book.read_text()
Does the word bakery appear?
    return bool_to_yesno("bakery" in image_patch.read_text().lower())
What does this animal eat?
    animal = image_patch.simple_query("What animal is this?")
    return image_patch.llm_query(f"What does a {animal} eat? Answer in one word.")
What sound does the animal on the couch make?
    couch = image_patch.find("couch")[0]
    animal = couch.simple_query("What animal is this?")
    return image_patch.llm_query(f"What sound does a {animal} make? Answer in one word.")
What is a baby of this animal called?
    animal = image_patch.simple_query("What animal is this?")
    return image_patch.llm_query(f"What is a baby {animal} called? Answer in one word.")
Is the animal in the picture a herbivore?
    animal = image_patch.simple_query("What animal is this?")
    return image_patch.llm_query(f"Is a {animal} a herbivore? Answer yes or no.")
On what does the fruit in the picture grow?
    fruit = image_patch.simple_query("What fruit is this?")
    return image_patch.llm_query(f"On what does a {fruit} grow? Answer in one word.")
Where does this vehicle travel?
    vehicle = image_patch.simple_query("What vehicle is this?")
    return image_patch.llm_query(f"Where does a {vehicle} travel: road, rails, water or air?")
Which sport is played with the thing that the man is holding?
    man = image_patch.find("person")[0]
    for name in ["tennis racket", "baseball bat", "frisbee", "sports ball"]:
        for thing in image_patch.find(name):
            if thing.overlaps_with(man):
                return image_patch.llm_query(f"Which sport is played with a {name}? Answer in one word.")
    return "none"
What is the kitchen utensil used for?
    utensil = image_patch.simple_query("What kitchen utensil is this?")
    return image_patch.llm_query(f"What is a {utensil} used for? Answer in one word.")
Is it more likely winter or summer here?
    if image_patch.exists("skis") or image_patch.exists("snowboard"):
        return "winter"
    return "summer"
"""

PHOTO_EXAMPLES = read_examples(_TEXT)
